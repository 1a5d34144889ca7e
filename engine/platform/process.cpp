#include "engine/platform/process.hpp"

#include "engine/platform/clock.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <span>

namespace larder::platform {
namespace {

constinit std::atomic<bool> has_test_boot_id{false};
constinit BootId test_boot_id{};

std::size_t read_start(const char* path, std::span<char> out) noexcept {
    const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    ssize_t got = 0;
    do {
        got = ::read(descriptor, out.data(), out.size());
    } while (got < 0 && errno == EINTR);
    ::close(descriptor);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The kernel writes it as a UUID: 32 hex digits and dashes.
BootId parse_boot_id(std::span<const char> text) noexcept {
    BootId id{};
    std::size_t digits = 0;
    for (const char c : text) {
        const int value = hex_digit(c);
        if (value < 0) continue;
        if (digits == 2 * id.size()) return BootId{};
        id[digits / 2] = static_cast<std::uint8_t>(id[digits / 2] << 4 | value);
        ++digits;
    }
    return digits == 2 * id.size() ? id : BootId{};
}

}  // namespace

BootId boot_id() noexcept {
    if (has_test_boot_id.load(std::memory_order_acquire)) return test_boot_id;
    std::array<char, 64> text{};
    const std::size_t length = read_start("/proc/sys/kernel/random/boot_id", text);
    return parse_boot_id(std::span<const char>(text).first(length));
}

void set_boot_id_for_tests(const BootId& id) noexcept {
    test_boot_id = id;
    has_test_boot_id.store(true, std::memory_order_release);
}

std::uint32_t process_id() noexcept { return static_cast<std::uint32_t>(::getpid()); }

std::uint64_t pid_namespace() noexcept {
    struct stat status {};
    return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

std::uint32_t user_id() noexcept { return ::geteuid(); }

std::string process_name() {
    std::array<char, 16> text{};  // the kernel keeps 15 bytes, and adds a newline here
    std::size_t length = read_start("/proc/self/comm", text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\0')) --length;
    return std::string(text.data(), length);
}

std::uint64_t random_u64() noexcept {
    std::uint64_t value = 0;
    ssize_t got = 0;
    do {
        got = ::getrandom(&value, sizeof(value), 0);
    } while (got < 0 && errno == EINTR);
    if (got == sizeof(value)) return value;
    std::array<char, sizeof(value)> bytes{};
    if (read_start("/dev/urandom", bytes) == bytes.size()) return std::bit_cast<std::uint64_t>(bytes);
    // Without any source of randomness at least no two processes, and no two calls, agree.
    static constinit std::atomic<std::uint64_t> calls{0};
    const std::uint64_t seed = static_cast<std::uint64_t>(monotonic_ns()) ^ std::uint64_t{process_id()} << 32;
    return (seed + ++calls) * 0x9e3779b97f4a7c15U;
}

}  // namespace larder::platform
