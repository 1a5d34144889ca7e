// Overflow buckets of a shard: taken from the upper end of its index range, kept in a free list between uses.
#pragma once

#include "engine/format/slot.hpp"
#include "engine/region/locked_shard.hpp"

#include <vector>

namespace larder::index {

/// Empties a bucket that nobody is led to yet.
void zero(format::Bucket& bucket) noexcept;
/// How many overflow buckets were ever taken, brought within the shard's range whatever the word says.
std::uint64_t bounded_overflow_used(const region::LockedShard& shard) noexcept;

/// What bounds the space that is taken. Recovery may go beyond the capacity by a few pages rather than lose a record.
enum class Within { capacity, disk };
/// A zeroed overflow bucket; nullptr when the capacity, the disk or the shard's range has no room.
format::Bucket* take_overflow(region::LockedShard& shard, Within bound = Within::capacity);
/// Puts a bucket that no chain links to any more on the free list. Readers may still be in it: the caller has moved the
/// directory word on (note_moved).
void free_overflow(region::LockedShard& shard, format::Bucket& bucket) noexcept;
/// The number of an overflow bucket, counted from the upper end; the offset must lie in the shard's range.
std::uint64_t overflow_number(const region::LockedShard& shard, std::uint64_t offset) noexcept;
/// Gives back the pages beyond the first `used` overflow buckets. REQUIRES: none beyond is in use or on the free list.
void trim_overflow(region::LockedShard& shard, std::uint64_t used);
/// The overflow bucket of a number.
format::Bucket& overflow_bucket(region::LockedShard& shard, std::uint64_t number) noexcept;
/// Makes the free list anew from which buckets are in use (by number).
void rebuild_overflow_list(region::LockedShard& shard, const std::vector<bool>& in_use) noexcept;
/// Tells readers that a record changed its bucket: their misses do not count.
void note_moved(region::LockedShard& shard) noexcept;
/// Allocates the space of the shard's buckets [first, last), whole pages, if the bound has room for it: all, or none.
bool commit_range(region::LockedShard& shard, std::uint64_t first, std::uint64_t last, Within bound = Within::capacity);
/// Gives it back.
void decommit_range(const region::LockedShard& shard, std::uint64_t first, std::uint64_t last) noexcept;

}  // namespace larder::index
