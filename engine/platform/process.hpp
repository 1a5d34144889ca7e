// Who we are: the boot, the process, its namespace, its threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace larder::platform {

using BootId = std::array<std::uint8_t, 16>;

/// The kernel's boot id (/proc/sys/kernel/random/boot_id), or the one set by set_boot_id_for_tests(). Where it cannot be
/// read, zeros: never equal to a stored one, so that the file is recovered rather than trusted.
BootId boot_id() noexcept;
/// Makes boot_id() return this from now on (in this process), so that a test can pretend that the machine went down.
void set_boot_id_for_tests(const BootId& id) noexcept;

std::uint32_t process_id() noexcept;
/// The inode of /proc/self/ns/pid; 0 where it cannot be read.
std::uint64_t pid_namespace() noexcept;
std::uint32_t user_id() noexcept;
/// The command name of this process, at most 15 bytes.
std::string process_name();
/// 64 random bits from the kernel.
std::uint64_t random_u64() noexcept;

inline constexpr unsigned kNoOrdinal = ~0U;
/// The calling thread's number; kNoOrdinal until it has asked for one.
extern constinit thread_local unsigned present_thread_ordinal __attribute__((tls_model("initial-exec")));
/// Gives the calling thread a number.
unsigned assign_thread_ordinal() noexcept;

/// A small number for the calling thread, unique among the threads that live now in this process; reused after they end.
inline unsigned thread_ordinal() noexcept {
    const unsigned ordinal = present_thread_ordinal;
    return ordinal != kNoOrdinal ? ordinal : assign_thread_ordinal();
}

}  // namespace larder::platform
