// Linear hashing: a shard's index grows and shrinks by one bucket at a time, under its readers' eyes.
//
// Split of bucket b = parent_of(n) into b and n:
//   1. copy the words that belong to n into the new chain        (readers still go to b)
//   2. directory := (n + 1, moves + 1), one store                (readers of moved keys now go to n; both places have them)
//   3. clear the moved words in b                                (a reader that scanned b before sees the new directory, and
//   looks again)
// A kill between 2 and 3 leaves words in b that belong to n: nobody looks for them there, and scrub_last_split() drops them
// before the shard changes again. Merge is the same backwards.
#pragma once

#include "engine/index/lookup.hpp"
#include "engine/region/locked_shard.hpp"

#include <cstdint>

namespace larder::index {

/// Makes space for `buckets`, a multiple of kFirstBuckets, main buckets in each shard of a new file. False: no room in capacity
/// or disk.
bool commit_first_buckets(region::Region& region, std::uint64_t buckets);
/// Zeroes the first buckets of a new shard and publishes a directory of `buckets`. REQUIRES: nobody else uses the shard.
void start_index(region::LockedShard& shard, std::uint32_t buckets) noexcept;
/// Makes space for `buckets` main buckets and their ghosts. False: no room in capacity, disk or range.
bool commit_buckets(region::LockedShard& shard, std::uint64_t buckets);

/// Records per hundred slots above which a bucket is split. Linear hashing leaves buckets between one and two times as full as
/// the others; above two thirds the fuller ones overflow too often.
inline constexpr std::uint64_t kSplitLoadPercent = 65;
/// Whether the next insert should split a bucket.
inline bool split_due(const region::LockedShard& shard) noexcept {
    const std::uint64_t slots = std::uint64_t{bounded_buckets(shard.region, shard.id)} * format::kSlotsPerBucket;
    return shard.header.records.load(std::memory_order_relaxed) * 100 >= slots * (kSplitLoadPercent + 1);
}
/// Whether a split has been due for so long that it is worth a segment's space.
bool split_overdue(const region::LockedShard& shard) noexcept;
/// Splits one bucket. False: no room (nothing has changed).
bool split_bucket(region::LockedShard& shard);
/// Whether the index is much larger than its records need.
bool merge_due(const region::LockedShard& shard) noexcept;
/// Whether the index could do with fewer buckets, at the price of longer chains: when space is short.
bool merge_possible(const region::LockedShard& shard) noexcept;
/// Moves the overflow buckets in use together, and gives the space of the others back.
void compact_overflow(region::LockedShard& shard);
/// Merges the last bucket into its parent, and gives space back when a page of buckets has become free. False: no room.
bool merge_bucket(region::LockedShard& shard);

/// Drops from the chains of the last split what belongs elsewhere. Idempotent.
void scrub_last_split(region::LockedShard& shard) noexcept;
/// Counts the shard's records, drops words that stand in a chain twice, cuts chains that damage has tangled, and makes the
/// free list of overflow buckets anew.
void recount_index(region::LockedShard& shard);
/// Gives back what is allocated between the shard's main and overflow buckets and behind its ghosts: a killed owner may have
/// counted it out, or not yet in.
void give_back_gap(region::LockedShard& shard) noexcept;

}  // namespace larder::index
