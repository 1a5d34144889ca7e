#include "engine/platform/clock.hpp"

#include <ctime>

namespace larder::platform {
namespace {

std::int64_t read_clock(clockid_t clock, std::int64_t units_per_second) noexcept {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time.tv_sec * units_per_second + time.tv_nsec / (1'000'000'000 / units_per_second);
}

}  // namespace

std::int64_t now_ms() noexcept { return read_clock(CLOCK_REALTIME, 1000); }
std::int64_t coarse_now_ms() noexcept { return read_clock(CLOCK_REALTIME_COARSE, 1000); }
std::int64_t monotonic_ns() noexcept { return read_clock(CLOCK_MONOTONIC, 1'000'000'000); }

}  // namespace larder::platform
