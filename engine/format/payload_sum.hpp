// The sum over a record's payload that its checksum binds, made while the bytes are copied: each is loaded once.
//
// NH (J. Black et al., "UMAC: fast and secure message authentication", CRYPTO 1999), with keys that differ for each 8 bytes:
// the sum over all words w of (low half of w ^ k) * (high half of w ^ k). The keys are constants: this finds damage, not
// malice. The last stripe, and the last lane of a short payload, end with the payload and overlap what is before them, so
// no byte beyond it is read. engine/FORMAT.md, section 9, has the algorithm; all forms give the same sum (tests/format).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace larder::format {

inline constexpr std::size_t kStripeBytes = 64;
inline constexpr std::size_t kLaneBytes = 16;

/// Fractional bits of the square roots of the first eight primes (the initial state of SHA-512): nothing up the sleeve.
alignas(32) inline constexpr std::array<std::uint64_t, 8> kSumKeys = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                                      0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                                      0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
/// Added to all keys from one stripe to the next: odd in both halves.
inline constexpr std::uint64_t kSumStep = 0x9e3779b97f4a7c15;

namespace sum {

#if defined(__SSE2__)

/// Two words at a time.
class Lane {
  public:
    explicit Lane(const std::uint64_t* keys) noexcept : value_(_mm_load_si128(reinterpret_cast<const __m128i*>(keys))) {}
    static Lane step() noexcept { return Lane(_mm_set1_epi64x(static_cast<long long>(kSumStep))); }
    void advance(const Lane& step) noexcept { value_ = _mm_add_epi64(value_, step.value_); }

    class Total {
      public:
        void add(const std::byte* from, std::byte* to, const Lane& key) noexcept {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
            if (to != nullptr) _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
            const __m128i keyed = _mm_xor_si128(bytes, key.value_);
            value_ = _mm_add_epi64(value_, _mm_mul_epu32(keyed, _mm_srli_epi64(keyed, 32)));
        }
        std::uint64_t folded() const noexcept {
            return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_add_epi64(value_, _mm_unpackhi_epi64(value_, value_))));
        }

      private:
        __m128i value_ = _mm_setzero_si128();
    };

  private:
    explicit Lane(__m128i value) noexcept : value_(value) {}
    __m128i value_;
};

#else

class Lane {
  public:
    explicit Lane(const std::uint64_t* keys) noexcept : low_(keys[0]), high_(keys[1]) {}
    static Lane step() noexcept {
        constexpr std::array<std::uint64_t, 2> kBoth = {kSumStep, kSumStep};
        return Lane(kBoth.data());
    }
    void advance(const Lane& step) noexcept {
        low_ += step.low_;
        high_ += step.high_;
    }

    class Total {
      public:
        void add(const std::byte* from, std::byte* to, const Lane& key) noexcept {
            std::array<std::uint64_t, 2> words;
            std::memcpy(words.data(), from, sizeof words);
            if (to != nullptr) std::memcpy(to, words.data(), sizeof words);
            value_ += product(words[0] ^ key.low_) + product(words[1] ^ key.high_);
        }
        std::uint64_t folded() const noexcept { return value_; }

      private:
        static std::uint64_t product(std::uint64_t word) noexcept { return (word & 0xffffffff) * (word >> 32); }
        std::uint64_t value_ = 0;
    };

  private:
    std::uint64_t low_;
    std::uint64_t high_;
};

#endif

/// Up to 15 bytes, as one lane with zeros behind them.
inline std::uint64_t of_few(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    alignas(16) std::array<std::byte, kLaneBytes> lane{};
    std::memcpy(lane.data(), from, length);
    if (to != nullptr) std::memcpy(to, lane.data(), length);
    Lane::Total total;
    total.add(lane.data(), nullptr, Lane(kSumKeys.data()));
    return total.folded();
}

/// 16 to 63 bytes: a key pair for each lane.
inline std::uint64_t of_lanes(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    Lane::Total total;
    std::size_t at = 0;
    for (; at + kLaneBytes <= length; at += kLaneBytes)
        total.add(from + at, to != nullptr ? to + at : nullptr, Lane(kSumKeys.data() + at / 8));
    const std::size_t last = length - kLaneBytes;
    if (at != length) total.add(from + last, to != nullptr ? to + last : nullptr, Lane(kSumKeys.data() + 6));
    return total.folded();
}

/// 64 bytes and more, in whole stripes.
inline std::uint64_t of_stripes(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    Lane keys[4] = {Lane(kSumKeys.data()), Lane(kSumKeys.data() + 2), Lane(kSumKeys.data() + 4), Lane(kSumKeys.data() + 6)};
    const Lane step = Lane::step();
    Lane::Total totals[2];
    auto stripe = [&](std::size_t at) {
        for (std::size_t i = 0; i < 4; ++i) {
            const std::size_t position = at + i * kLaneBytes;
            totals[i % 2].add(from + position, to != nullptr ? to + position : nullptr, keys[i]);
            keys[i].advance(step);
        }
    };
    std::size_t at = 0;
    for (; at + kStripeBytes <= length; at += kStripeBytes) stripe(at);
    if (at != length) stripe(length - kStripeBytes);
    return totals[0].folded() + totals[1].folded();
}

/// of_stripes() with wider vectors where the processor has them; for long payloads.
std::uint64_t of_many(const std::byte* from, std::byte* to, std::size_t length) noexcept;
/// Longer payloads are worth a call and the choice that it makes.
inline constexpr std::size_t kMany = 512;

inline std::uint64_t of(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    if (length >= kStripeBytes) [[likely]]
        return length < kMany ? of_stripes(from, to, length) : of_many(from, to, length);
    return length >= kLaneBytes ? of_lanes(from, to, length) : of_few(from, to, length);
}

}  // namespace sum

/// The sum over `length` bytes.
inline std::uint64_t payload_sum(const void* bytes, std::size_t length) noexcept {
    return sum::of(static_cast<const std::byte*>(bytes), nullptr, length);
}
/// Copies bytes, and returns the sum over what was copied: what another process changes meanwhile, the sum tells.
inline std::uint64_t copy_and_sum(void* to, const void* from, std::size_t length) noexcept {
    return sum::of(static_cast<const std::byte*>(from), static_cast<std::byte*>(to), length);
}

}  // namespace larder::format
