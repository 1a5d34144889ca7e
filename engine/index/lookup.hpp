// Looking a hash up: which slots may lead to its record. Takes no lock and writes nothing.
//
// A hit proves itself: the caller compares the key and loads the slot again. A miss is proved by the directory word: if it
// is the same after the scan as before, no record changed its bucket meanwhile (INV-5).
#pragma once

#include "engine/format/isa.hpp"
#include "engine/format/slot.hpp"
#include "engine/platform/shared_bytes.hpp"
#include "engine/region/region.hpp"

#include <cstdint>

namespace larder::index {

using format::Bucket;
using format::Slot;
using format::SlotWord;

/// The most buckets a chain has. Longer ones exist only in damaged files; the bound keeps every walk finite.
inline constexpr int kMaxChain = 64;

inline namespace LARDER_ISA {

/// A set bit for each slot whose tag is `tag`. The vector forms may see a word half old, half new; it is only a filter:
/// the caller loads each candidate atomically.
inline unsigned match_tags(const Bucket& bucket, std::uint16_t tag) noexcept {
#if defined(__AVX2__) && !defined(LARDER_TSAN)
    const auto* words = reinterpret_cast<const __m256i*>(&bucket);
    const __m256i wanted = _mm256_set1_epi64x(tag);
    const auto equal_in = [words, wanted](int half) {
        const __m256i tags = _mm256_srli_epi64(_mm256_load_si256(words + half), format::kTagShift);
        return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(tags, wanted))));
    };
    return equal_in(0) | equal_in(1) << 4;
#elif defined(__SSE2__) && !defined(LARDER_TSAN)
    const auto* words = reinterpret_cast<const __m128i*>(&bucket);
    const auto tags_of = [words](int pair) {
        const __m128 low = _mm_castsi128_ps(_mm_load_si128(words + pair));
        const __m128 high = _mm_castsi128_ps(_mm_load_si128(words + pair + 1));
        return _mm_srli_epi32(_mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1))), format::kTagShift - 32);
    };
    const __m128i tags = _mm_packs_epi32(tags_of(0), tags_of(2));
    const __m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16(static_cast<short>(tag)));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128())));
#else
    unsigned mask = 0;
    for (unsigned i = 0; i < format::kSlotsPerBucket; ++i) {
        mask |= static_cast<unsigned>(format::tag_of(bucket.slots[i].load(std::memory_order_relaxed)) == tag) << i;
    }
    return mask;
#endif
}

/// A set bit for each slot that is empty. For the owner of the shard's lock.
inline unsigned match_empty(const Bucket& bucket) noexcept {
#if defined(__AVX2__) && !defined(LARDER_TSAN)
    const auto* words = reinterpret_cast<const __m256i*>(&bucket);
    const auto empty_in = [words](int half) {
        const __m256i offsets = _mm256_and_si256(_mm256_load_si256(words + half), _mm256_set1_epi64x(format::kOffsetMask));
        return static_cast<unsigned>(
            _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(offsets, _mm256_setzero_si256()))));
    };
    return empty_in(0) | empty_in(1) << 4;
#else
    unsigned mask = 0;
    for (unsigned i = 0; i < format::kSlotsPerBucket; ++i)
        mask |= static_cast<unsigned>(format::is_empty(bucket.slots[i].load(std::memory_order_relaxed))) << i;
    return mask;
#endif
}

}  // namespace LARDER_ISA

/// The overflow bucket that a bucket's last slot links to, checked to lie in the shard's own index range; nullptr: none.
inline Bucket* next_in_chain(const region::Region& region, std::uint32_t shard, const Bucket& bucket) noexcept {
    const SlotWord word = bucket.slots[format::kSlotsPerBucket - 1].load(std::memory_order_acquire);
    if (!format::may_be_link(word)) [[likely]]
        return nullptr;
    const std::uint64_t offset = format::offset_of(word);
    return region.geometry().is_bucket_of(shard, offset) ? &region.bucket_at(offset) : nullptr;
}

/// How many main buckets a shard has, brought within its range whatever the directory says.
inline std::uint32_t bounded_buckets(const region::Region& region, std::uint32_t shard) noexcept {
    const auto directory = format::unpack_directory(region.shard(shard).directory.load(std::memory_order_acquire));
    const auto most = static_cast<std::uint32_t>(region.geometry().buckets_per_shard);
    return directory.buckets - 1 < most ? directory.buckets : 1;
}

/// The main bucket of a hash in its shard, for a directory word's bucket count. Whatever that says, the bucket lies in the
/// shard's range, which is a power of two: no bits above it ever get in.
inline Bucket& main_bucket(const region::Region& region, std::uint32_t shard, std::uint64_t hash,
                           std::uint32_t buckets) noexcept {
    const std::uint64_t range = region.geometry().buckets_per_shard;
    return region.bucket(shard, format::bucket_of(hash & (range - 1), buckets));
}

/// Calls `accept(slot, word)` for each displaced word of the shard with this tag, the latest first, until it returns true.
/// Returns whether one did. What a chain has of a key comes before it; and as with a miss, what is found here counts only if the
/// directory word is the same after (INV-19).
template <class Accept>
bool scan_displaced(const region::Region& region, std::uint32_t shard, std::uint16_t tag, Accept&& accept) {
    auto& displaced = region.shard(shard).displaced;
    for (std::size_t i = displaced.size(); i-- > 0;) {
        Slot& slot = displaced[i].word;
        const SlotWord word = slot.load(std::memory_order_acquire);
        if (format::tag_of(word) == tag && !format::is_empty(word) && accept(slot, word)) return true;
    }
    return false;
}

/// Calls `accept(slot, word)` for each slot of the chain with this tag until it returns true. Returns whether one did.
template <class Accept>
bool scan_chain(const region::Region& region, std::uint32_t shard, Bucket* bucket, std::uint16_t tag, Accept&& accept) {
    for (int hops = 0; bucket != nullptr && hops < kMaxChain; ++hops) {
        for (unsigned mask = match_tags(*bucket, tag); mask != 0; mask &= mask - 1) {
            Slot& slot = bucket->slots[static_cast<unsigned>(__builtin_ctz(mask))];
            const SlotWord word = slot.load(std::memory_order_acquire);
            if (format::tag_of(word) == tag && !format::is_empty(word) && accept(slot, word)) return true;
        }
        bucket = next_in_chain(region, shard, *bucket);
    }
    return false;
}

/// A slot that leads to a record, or none.
struct Found {
    Slot* slot = nullptr;
    SlotWord word = 0;
    explicit operator bool() const noexcept { return slot != nullptr; }
};

}  // namespace larder::index
