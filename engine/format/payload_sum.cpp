#include "engine/format/payload_sum.hpp"

#if defined(__x86_64__)
#define LARDER_WIDE_VECTORS 1
#include <immintrin.h>
#endif

namespace larder::format::sum {

#if defined(LARDER_WIDE_VECTORS)
namespace {

struct Wide {
    __m256i keys[2];
    __m256i totals[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
};

__attribute__((target("avx2"))) inline void add_stripe(Wide& wide, const std::byte* from, std::byte* to, __m256i step) noexcept {
    for (int i = 0; i < 2; ++i) {
        const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from) + i);
        if (to != nullptr) _mm256_storeu_si256(reinterpret_cast<__m256i*>(to) + i, bytes);
        const __m256i keyed = _mm256_xor_si256(bytes, wide.keys[i]);
        wide.totals[i] = _mm256_add_epi64(wide.totals[i], _mm256_mul_epu32(keyed, _mm256_srli_epi64(keyed, 32)));
        wide.keys[i] = _mm256_add_epi64(wide.keys[i], step);
    }
}

__attribute__((target("avx2"))) std::uint64_t of_many_wide(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    const auto* keys = reinterpret_cast<const __m256i*>(kSumKeys.data());
    Wide wide{{_mm256_load_si256(keys), _mm256_load_si256(keys + 1)}};
    const __m256i step = _mm256_set1_epi64x(static_cast<long long>(kSumStep));
    std::size_t at = 0;
    for (; at + kStripeBytes <= length; at += kStripeBytes) add_stripe(wide, from + at, to != nullptr ? to + at : nullptr, step);
    const std::size_t last = length - kStripeBytes;
    if (at != length) add_stripe(wide, from + last, to != nullptr ? to + last : nullptr, step);
    alignas(32) std::array<std::uint64_t, 4> sums;
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums.data()), _mm256_add_epi64(wide.totals[0], wide.totals[1]));
    return sums[0] + sums[1] + sums[2] + sums[3];
}

const bool has_wide_vectors = __builtin_cpu_supports("avx2");

}  // namespace
#endif

std::uint64_t of_many(const std::byte* from, std::byte* to, std::size_t length) noexcept {
#if defined(LARDER_WIDE_VECTORS)
    if (has_wide_vectors) return of_many_wide(from, to, length);
#endif
    return of_stripes(from, to, length);
}

}  // namespace larder::format::sum
