#include "compare/ticks.hpp"

namespace larder::bench {

namespace {

double calibrate() {
    const std::uint64_t ns_before = monotonic_ns();
    const std::uint64_t ticks_first = ticks();
    while (monotonic_ns() - ns_before < 50'000'000U) {
    }
    const std::uint64_t ticks_last = ticks();
    return static_cast<double>(ticks_last - ticks_first) / static_cast<double>(monotonic_ns() - ns_before);
}

}  // namespace

double ticks_per_ns() {
    static const double rate = calibrate();
    return rate;
}

void wait_until_ns(std::uint64_t monotonic) {
    constexpr std::uint64_t kSpin = 200'000;
    for (std::uint64_t now = monotonic_ns(); now < monotonic; now = monotonic_ns()) {
        if (monotonic - now <= kSpin) continue;
        const std::uint64_t rest = monotonic - now - kSpin;
        const timespec pause{static_cast<time_t>(rest / 1'000'000'000U), static_cast<long>(rest % 1'000'000'000U)};
        nanosleep(&pause, nullptr);
    }
}

}  // namespace larder::bench
