// What is kept for each shard, in lines that different users touch: readers, the lock, the lock's owner.
// engine/FORMAT.md, section 4.
#pragma once

#include "engine/format/geometry.hpp"
#include "engine/format/shared_word.hpp"
#include "engine/format/slot.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace larder::format {

inline constexpr std::uint32_t kNoSegment = 0xffffffff;

/// The two queues of segments.
enum class Queue : std::uint32_t { small = 0, main = 1 };
inline constexpr unsigned kQueues = 2;
constexpr unsigned index_of(Queue queue) noexcept { return static_cast<unsigned>(queue); }
/// The queue that a word of the file names, whatever is in the word.
constexpr Queue queue_in(std::uint32_t word) noexcept { return (word & 1) == 0 ? Queue::small : Queue::main; }

/// A first-in first-out list of sealed segments, linked through SegmentEntry::next. Derived: repair rebuilds it.
struct QueueEnds {
    SharedU32 head;
    SharedU32 tail;
    SharedU32 count;
    SharedU32 active;  ///< the segment being appended to, not in the list; kNoSegment: none
};

/// A word that left its slot to another one of the same tag, before it was known whether both are of one key.
struct Displaced {
    Slot word;                      ///< 0: none
    std::atomic<SlotWord> by_word;  ///< what has its slot now, or had it first
};
inline constexpr unsigned kDisplacedWordsPerShard = 8;

struct alignas(64) ShardHeader {
    // line 0: readers load it, splits write it
    alignas(64) std::atomic<std::uint64_t> directory;

    // line 1: the lock. Bits 0 to 15: the owner's process-table index + 1; bit 31: somebody may be sleeping on it.
    alignas(64) std::atomic<std::uint32_t> lock;
    SharedU32 displaced_count;  ///< of `displaced`, from the first on

    // line 2 and 3: the owner of the lock
    alignas(64) std::atomic<std::uint64_t> records;
    /// The redo note: slot words (hit counter aside) of the change being made; both zero when there is none.
    std::atomic<std::uint64_t> note_old;
    std::atomic<std::uint64_t> note_new;
    std::atomic<std::uint64_t> main_buckets_committed;
    std::atomic<std::uint64_t> overflow_buckets_committed;  ///< from the upper end of the shard's index range
    std::atomic<std::uint64_t> overflow_free;               ///< offset of the first free overflow bucket, linked; 0: none
    std::atomic<std::uint64_t> overflow_used;
    std::atomic<std::uint32_t> segments;  ///< owned by this shard, of any kind
    /// Sealed segments that have become wholly dead and wait to be reused. A hint to other shards; may be wrong.
    std::atomic<std::uint32_t> dead_segments;
    alignas(64) std::array<QueueEnds, kQueues> queues;
    SharedU32 spare_head;
    SharedU32 spare_count;
    SharedU32 victim;         ///< the segment being emptied, in no list; kNoSegment: none
    SharedU32 victim_cursor;  ///< how far it has been walked
    SharedU32 victim_queue;
    SharedU32 victim_mode;
    /// The small queue's share of the segments, in 65536ths; adapts. Any value will do: it is clamped where it is read.
    SharedU32 small_share;
    SharedU16 decrement_carry;  ///< what is left over of fractional decrements, in 256ths
    SharedU16 has_ghosts;       ///< 0: no key was ever remembered, so none needs to be looked for

    /// Words whose records count as live, and are for readers to find, until they have been compared; oldest first.
    alignas(64) std::array<Displaced, kDisplacedWordsPerShard> displaced;

    alignas(64) std::array<std::byte, 128> reserved;
};
static_assert(sizeof(ShardHeader) == kShardBytes);
static_assert(offsetof(ShardHeader, lock) == 64);
static_assert(offsetof(ShardHeader, records) == 128);
static_assert(offsetof(ShardHeader, queues) == 192);
static_assert(offsetof(ShardHeader, displaced) == 256);

}  // namespace larder::format
