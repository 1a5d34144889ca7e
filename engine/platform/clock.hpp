// Time as the engine needs it: cheap, and exact only where it matters.
#pragma once

#include <cstdint>

namespace larder::platform {

/// Real time in milliseconds since the Unix epoch, exact.
std::int64_t now_ms() noexcept;
/// The same from the coarse clock: a few nanoseconds, and up to kCoarseLagMs behind now_ms(), never ahead.
std::int64_t coarse_now_ms() noexcept;
/// An upper bound of how far the coarse clock lags. That is a tick, 10 ms at most, but in a virtual machine the processor that
/// keeps the time may be held up by its host; on a busy one 14 ms were seen within a minute.
inline constexpr std::int64_t kCoarseLagMs = 1000;
/// Time since boot for measuring waits, in nanoseconds.
std::int64_t monotonic_ns() noexcept;

/// Whether `expires_at_ms` has come. Asks the exact clock only when the coarse one cannot tell.
inline bool has_expired(std::int64_t expires_at_ms) noexcept {
    const std::int64_t coarse = coarse_now_ms();
    if (expires_at_ms <= coarse) return true;
    if (expires_at_ms > coarse + kCoarseLagMs) return false;
    return expires_at_ms <= now_ms();
}

}  // namespace larder::platform
