// Random numbers that a failed test can be run again with.
#pragma once

#include <cstdint>

namespace larder::tests {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

/// A number from the environment, or `otherwise` where it is not set.
std::uint64_t environment_number(const char* name, std::uint64_t otherwise);
/// LARDER_SEED, or else a new one for each run of the program.
std::uint64_t seed();
/// LARDER_ITERATIONS, for long runs by hand, or else what the test does by default: a fifth of it under a sanitizer, where
/// each step takes so much longer.
std::uint64_t iterations(std::uint64_t otherwise);

/// A good mix of 64 bits: different inputs give unrelated outputs.
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

/// The same numbers everywhere for the same seed, which the standard's distributions do not promise.
class Random {
  public:
    explicit constexpr Random(std::uint64_t start) noexcept : state_(start) {}
    constexpr std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        return mix(state_);
    }
    /// 0 to bound - 1; 0 when bound is 0.
    constexpr std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : next() % bound; }
    /// Low to high, both included.
    constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept { return low + below(high - low + 1); }
    constexpr bool chance(unsigned percent) noexcept { return below(100) < percent; }
    /// 0 to bound, small ones much more often: each halving of the size is as likely as the one before.
    constexpr std::uint64_t skewed(std::uint64_t bound) noexcept {
        unsigned bits = 0;
        while ((bound >> bits) != 0) ++bits;
        const std::uint64_t limit = std::uint64_t{1} << below(bits + 1U);
        const std::uint64_t value = below(limit + 1);
        return value < bound ? value : bound;
    }

  private:
    std::uint64_t state_;
};

}  // namespace larder::tests
