// Sleeping on a 32-bit word of a shared mapping. Shared futexes, never private ones: other processes must wake us.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace larder::platform {

/// Sleeps while *word == expected, until woken, `timeout` has passed, or for no reason. Never longer than `timeout`.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::chrono::nanoseconds timeout) noexcept;
/// Wakes up to `count` sleepers.
void futex_wake(std::atomic<std::uint32_t>& word, int count) noexcept;
/// Tells the processor that this is a spin loop.
inline void cpu_relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace larder::platform
