// Time for measuring: the processor's counter where there is one that runs evenly, the monotonic clock elsewhere.
#pragma once

#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace larder::bench {

inline std::uint64_t monotonic_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

/// Nanoseconds of processor time that the calling thread has used.
inline std::uint64_t thread_cpu_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

#if defined(__x86_64__)
inline std::uint64_t ticks() noexcept { return __rdtsc(); }
/// Before the measured call: nothing of the call may start before the reading, nothing older may still be under way.
inline std::uint64_t ticks_before() noexcept {
    _mm_lfence();
    const std::uint64_t now = __rdtsc();
    _mm_lfence();
    return now;
}
/// After the measured call: all of it has been done when the counter is read.
inline std::uint64_t ticks_after() noexcept {
    unsigned processor = 0;
    const std::uint64_t now = __rdtscp(&processor);
    _mm_lfence();
    return now;
}
#else
inline std::uint64_t ticks() noexcept { return monotonic_ns(); }
inline std::uint64_t ticks_before() noexcept { return monotonic_ns(); }
inline std::uint64_t ticks_after() noexcept { return monotonic_ns(); }
#endif

/// Counter steps a nanosecond, measured once for 50 ms against the monotonic clock. Call it before the first fork or thread.
double ticks_per_ns();

/// Sleeps until shortly before the time, then spins: workers of several processes start together.
void wait_until_ns(std::uint64_t monotonic);

}  // namespace larder::bench
