// The slot: one 64-bit word that is the truth about a record; and the bucket of eight. engine/FORMAT.md, section 6.
//
//   63        52 51                                  14 13       8 7         0
//  +------------+--------------------------------------+----------+-----------+
//  |  tag (12)  |  offset in the file / 8 (38)         | gen. (6) |  hits (8) |
//  +------------+--------------------------------------+----------+-----------+
//
// The hits have a byte of their own, so that a reader counts one by storing a byte: whatever a writer makes of the slot
// meanwhile, the byte is all that the reader changes.
//
// A word whose offset is zero is empty. A word whose offset lies in the index area is a link to an overflow bucket; only
// the last slot of a bucket may be one.
#pragma once

#include "engine/format/geometry.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace larder::format {

using SlotWord = std::uint64_t;
using Slot = std::atomic<SlotWord>;

inline constexpr SlotWord kHitMask = 0xff;
inline constexpr int kGenerationShift = 8;
/// The bits of a segment's generation that its slots have.
inline constexpr std::uint64_t kGenerationBits = 0x3f;
inline constexpr SlotWord kGenerationMask = kGenerationBits << kGenerationShift;
inline constexpr int kOffsetShift = 14;
inline constexpr SlotWord kOffsetMask = ((SlotWord{1} << 38) - 1) << kOffsetShift;
inline constexpr int kTagShift = 52;
inline constexpr int kTagBits = 12;
inline constexpr SlotWord kMaxHits = 3;
inline constexpr unsigned kSlotsPerBucket = 8;

constexpr SlotWord make_slot(std::uint64_t offset, std::uint64_t generation, std::uint16_t tag, unsigned hits = 0) noexcept {
    return (SlotWord{tag} << kTagShift) | ((offset >> 3) << kOffsetShift) | ((generation << kGenerationShift) & kGenerationMask) |
           hits;
}
constexpr std::uint64_t offset_of(SlotWord word) noexcept { return (word & kOffsetMask) >> (kOffsetShift - 3); }
constexpr std::uint16_t tag_of(SlotWord word) noexcept { return static_cast<std::uint16_t>(word >> kTagShift); }
constexpr std::uint64_t generation_bits(SlotWord word) noexcept { return (word & kGenerationMask) >> kGenerationShift; }
constexpr unsigned hits_of(SlotWord word) noexcept {
    const SlotWord hits = word & kHitMask;
    return static_cast<unsigned>(hits < kMaxHits ? hits : kMaxHits);
}
constexpr SlotWord without_hits(SlotWord word) noexcept { return word & ~kHitMask; }
constexpr bool is_empty(SlotWord word) noexcept { return (word & kOffsetMask) == 0; }
constexpr bool same_generation(SlotWord word, std::uint64_t generation) noexcept {
    return generation_bits(word) == (generation & kGenerationBits);
}

/// Counts a hit by storing the one byte that holds the hits. What is not from 0 to kMaxHits counts as kMaxHits.
inline void store_hits(Slot& slot, unsigned hits) noexcept {
    __atomic_store_n(reinterpret_cast<unsigned char*>(&slot), static_cast<unsigned char>(hits), __ATOMIC_RELAXED);
}

/// The tag of a hash: bits that choose neither shard nor bucket.
constexpr std::uint16_t tag_from_hash(std::uint64_t hash) noexcept {
    return static_cast<std::uint16_t>((hash >> 32) & ((1U << kTagBits) - 1));
}

constexpr SlotWord make_link(std::uint64_t bucket_offset) noexcept { return (bucket_offset >> 3) << kOffsetShift; }
/// Links have no tag: most slots are seen to be none by that alone.
constexpr bool may_be_link(SlotWord word) noexcept { return tag_of(word) == 0; }
inline bool is_link(SlotWord word, const Geometry& g) noexcept {
    if (!may_be_link(word)) [[likely]]
        return false;
    const std::uint64_t offset = offset_of(word);
    return offset >= g.index_begin && offset < g.ghosts_begin;
}

struct alignas(64) Bucket {
    std::array<Slot, kSlotsPerBucket> slots;
};
static_assert(sizeof(Bucket) == kBucketBytes);
static_assert(kMaxReservation / 2 * 4 <= (std::uint64_t{1} << 41), "an offset fits its 38 bits");

/// The word that readers load first: how many main buckets a shard has, and how often records moved between buckets.
struct Directory {
    std::uint32_t buckets = 0;
    std::uint32_t moves = 0;
};
constexpr Directory unpack_directory(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}
constexpr std::uint64_t pack_directory(Directory d) noexcept { return (std::uint64_t{d.moves} << 32) | d.buckets; }

/// Linear hashing (W. Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980): the bucket of a hash
/// among `buckets` >= 1.
constexpr std::uint32_t bucket_of(std::uint64_t hash, std::uint32_t buckets) noexcept {
    const auto low = static_cast<std::uint32_t>(hash);
    const std::uint32_t mask = ~std::uint32_t{0} >> __builtin_clz((buckets - 1) | 1);
    const std::uint32_t bucket = low & mask;
    return bucket < buckets ? bucket : bucket & (mask >> 1);
}
/// The bucket that gave its records to `bucket` >= 1 when that was split off.
constexpr std::uint32_t parent_of(std::uint32_t bucket) noexcept {
    return bucket & ~(std::uint32_t{1} << (31 - __builtin_clz(bucket)));
}

}  // namespace larder::format
