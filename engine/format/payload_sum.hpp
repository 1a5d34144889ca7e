// The sum over a record's payload that its checksum binds, made while the bytes are copied: no second pass.
//
// NH (J. Black et al., "UMAC: fast and secure message authentication", CRYPTO 1999), with keys that differ for each 8 bytes:
// the sum over all words w of (low half of w ^ k) * (high half of w ^ k). The keys are constants: this finds damage, not
// malice. The last stripe, and the last lane of a short payload, end with the payload and overlap what is before them, so
// no byte beyond it is read. engine/FORMAT.md, section 9, has the algorithm; all forms give the same sum (tests/format).
#pragma once

#include "engine/format/isa.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace larder::format {

inline constexpr std::size_t kStripeBytes = 64;
inline constexpr std::size_t kLaneBytes = 16;

/// Fractional bits of the square roots of the first eight primes (the initial state of SHA-512): nothing up the sleeve.
alignas(32) inline constexpr std::array<std::uint64_t, 8> kSumKeys = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                                      0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                                      0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
/// Added to all keys from one stripe to the next: odd in both halves.
inline constexpr std::uint64_t kSumStep = 0x9e3779b97f4a7c15;

/// The keys of a payload's second stripe.
alignas(32) inline constexpr std::array<std::uint64_t, 8> kNextSumKeys = [] {
    std::array<std::uint64_t, 8> keys = kSumKeys;
    for (std::uint64_t& key : keys) key += kSumStep;
    return keys;
}();

namespace sum {

/// The sum with the widest vectors of the processor at hand; copies unless `to` is nullptr. REQUIRES: a stripe or more.
std::uint64_t of_many(const std::byte* from, std::byte* to, std::size_t length) noexcept;

inline namespace LARDER_ISA {

#if defined(__SSE2__)

/// Two words at a time.
class Lane {
  public:
    explicit Lane(const std::uint64_t* keys) noexcept : value_(_mm_load_si128(reinterpret_cast<const __m128i*>(keys))) {}
    static Lane step() noexcept { return Lane(_mm_set1_epi64x(static_cast<long long>(kSumStep))); }
    void advance(const Lane& step) noexcept { value_ = _mm_add_epi64(value_, step.value_); }

    class Total {
      public:
        template <bool kCopies>
        void add(const std::byte* from, [[maybe_unused]] std::byte* to, const Lane& key) noexcept {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
            if constexpr (kCopies) _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
            const __m128i keyed = _mm_xor_si128(bytes, key.value_);
            value_ = _mm_add_epi64(value_, _mm_mul_epu32(keyed, _mm_srli_epi64(keyed, 32)));
        }
        void add(const Total& other) noexcept { value_ = _mm_add_epi64(value_, other.value_); }
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
        template <bool kCopies>
        void add(const std::byte* from, [[maybe_unused]] std::byte* to, const Lane& key) noexcept {
            std::array<std::uint64_t, 2> words;
            std::memcpy(words.data(), from, sizeof words);
            if constexpr (kCopies) std::memcpy(to, words.data(), sizeof words);
            value_ += product(words[0] ^ key.low_) + product(words[1] ^ key.high_);
        }
        void add(const Total& other) noexcept { value_ += other.value_; }
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

#if defined(__AVX2__)

/// Four words at a time.
class WideLane {
  public:
    explicit WideLane(const std::uint64_t* keys) noexcept : value_(_mm256_load_si256(reinterpret_cast<const __m256i*>(keys))) {}
    static WideLane step() noexcept { return WideLane(_mm256_set1_epi64x(static_cast<long long>(kSumStep))); }
    void advance(const WideLane& step) noexcept { value_ = _mm256_add_epi64(value_, step.value_); }

    class Total {
      public:
        template <bool kCopies>
        void add(const std::byte* from, [[maybe_unused]] std::byte* to, const WideLane& key) noexcept {
            const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
            if constexpr (kCopies) _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
            const __m256i keyed = _mm256_xor_si256(bytes, key.value_);
            value_ = _mm256_add_epi64(value_, _mm256_mul_epu32(keyed, _mm256_srli_epi64(keyed, 32)));
        }
        void add(const Total& other) noexcept { value_ = _mm256_add_epi64(value_, other.value_); }
        std::uint64_t folded() const noexcept {
            const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(value_), _mm256_extracti128_si256(value_, 1));
            return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_add_epi64(half, _mm_unpackhi_epi64(half, half))));
        }

      private:
        __m256i value_ = _mm256_setzero_si256();
    };

  private:
    explicit WideLane(__m256i value) noexcept : value_(value) {}
    __m256i value_;
};

#endif

/// Where a part of the copy goes; nowhere stays nowhere.
template <bool kCopies>
constexpr std::byte* target(std::byte* to, std::size_t position) noexcept {
    return kCopies ? to + position : nullptr;
}

/// Up to 15 bytes, as one lane with zeros behind them. In parts that overlap: a call of memcpy would cost more than the rest.
template <bool kCopies>
inline std::uint64_t of_few(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    std::array<std::uint64_t, 2> lane{};
    auto join = [&]<class Word>(Word) {
        Word first{};
        Word last{};
        const std::size_t second = length - sizeof(Word);
        std::memcpy(&first, from, sizeof first);
        std::memcpy(&last, from + second, sizeof last);
        if constexpr (kCopies) {
            std::memcpy(to, &first, sizeof first);
            std::memcpy(to + second, &last, sizeof last);
        }
        constexpr unsigned kBits = 8 * sizeof(Word);
        // What both have is in the first; what is left of the last comes behind it.
        const std::uint64_t rest = second == 0 ? 0 : std::uint64_t{last} >> (kBits - 8 * second);
        lane[0] = first;
        if constexpr (sizeof(Word) == sizeof lane[0])
            lane[1] = rest;
        else
            lane[0] |= rest << kBits;
    };
    if (length >= 8)
        join(std::uint64_t{});
    else if (length >= 4)
        join(std::uint32_t{});
    else if (length >= 2)
        join(std::uint16_t{});
    else if (length == 1)
        join(std::uint8_t{});
    Lane::Total total;
    total.template add<false>(reinterpret_cast<const std::byte*>(lane.data()), nullptr, Lane(kSumKeys.data()));
    return total.folded();
}

/// 16 to 63 bytes: a key pair for each lane.
template <bool kCopies>
inline std::uint64_t of_lanes(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    Lane::Total total;
    std::size_t at = 0;
    for (; at + kLaneBytes <= length; at += kLaneBytes)
        total.template add<kCopies>(from + at, target<kCopies>(to, at), Lane(kSumKeys.data() + at / 8));
    const std::size_t last = length - kLaneBytes;
    if (at != length) total.template add<kCopies>(from + last, target<kCopies>(to, last), Lane(kSumKeys.data() + 6));
    return total.folded();
}

#if defined(__AVX2__)
using Part = WideLane;
#else
using Part = Lane;
#endif
inline constexpr std::size_t kPartBytes = sizeof(Part);
inline constexpr std::size_t kPartsOfStripe = kStripeBytes / kPartBytes;

/// 65 to 128 bytes: two stripes, the second of which ends with the payload.
template <bool kCopies>
inline std::uint64_t of_two_stripes(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    Part::Total total;
    Part::Total rest;
    const std::size_t second = length - kStripeBytes;
    for (std::size_t i = 0; i < kPartsOfStripe; ++i) {
        const std::size_t at = i * kPartBytes;
        total.template add<kCopies>(from + at, target<kCopies>(to, at), Part(kSumKeys.data() + at / 8));
        rest.template add<kCopies>(from + second + at, target<kCopies>(to, second + at), Part(kNextSumKeys.data() + at / 8));
    }
    total.add(rest);
    return total.folded();
}

/// 64 bytes: one stripe.
template <bool kCopies>
inline std::uint64_t of_one_stripe(const std::byte* from, std::byte* to) noexcept {
    Part::Total total;
    for (std::size_t i = 0; i < kPartsOfStripe; ++i) {
        const std::size_t at = i * kPartBytes;
        total.template add<kCopies>(from + at, target<kCopies>(to, at), Part(kSumKeys.data() + at / 8));
    }
    return total.folded();
}

template <std::size_t... I>
std::array<Part, sizeof...(I)> keys_of(std::index_sequence<I...>) noexcept {
    return {Part(kSumKeys.data() + I * kPartBytes / sizeof(std::uint64_t))...};
}

/// 64 bytes and more, in whole stripes. Not inlined: short payloads should not pay for its frame.
template <bool kCopies>
[[gnu::noinline]] std::uint64_t of_stripes(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    std::array<Part, kPartsOfStripe> keys = keys_of(std::make_index_sequence<kPartsOfStripe>());
    const Part step = Part::step();
    Part::Total totals[2];
    auto stripe = [&](std::size_t at) {
        for (std::size_t i = 0; i < kPartsOfStripe; ++i) {
            const std::size_t position = at + i * kPartBytes;
            totals[i % 2].template add<kCopies>(from + position, target<kCopies>(to, position), keys[i]);
            keys[i].advance(step);
        }
    };
    std::size_t at = 0;
    for (; at + kStripeBytes <= length; at += kStripeBytes) stripe(at);
    if (at != length) stripe(length - kStripeBytes);
    totals[0].add(totals[1]);
    return totals[0].folded();
}

/// Longer payloads are worth a call and the choice of vectors that it makes, where that is still open.
inline constexpr std::size_t kMany = 512;

template <bool kCopies>
inline std::uint64_t of(const std::byte* from, std::byte* to, std::size_t length) noexcept {
#if !defined(__AVX2__)
    if (length >= kMany) [[unlikely]]
        return of_many(from, to, length);
#endif
    if (length - kStripeBytes - 1 < kStripeBytes) [[likely]]
        return of_two_stripes<kCopies>(from, to, length);
    if (length > kStripeBytes) return of_stripes<kCopies>(from, to, length);
    if (length == kStripeBytes) return of_one_stripe<kCopies>(from, to);
    return length >= kLaneBytes ? of_lanes<kCopies>(from, to, length) : of_few<kCopies>(from, to, length);
}

}  // namespace LARDER_ISA
}  // namespace sum

inline namespace LARDER_ISA {

/// The sum over `length` bytes.
inline std::uint64_t payload_sum(const void* bytes, std::size_t length) noexcept {
    return sum::of<false>(static_cast<const std::byte*>(bytes), nullptr, length);
}
/// Copies bytes, and returns the sum over what was copied: what another process changes meanwhile, the sum tells.
inline std::uint64_t copy_and_sum(void* to, const void* from, std::size_t length) noexcept {
    return sum::of<true>(static_cast<const std::byte*>(from), static_cast<std::byte*>(to), length);
}

}  // namespace LARDER_ISA
}  // namespace larder::format
