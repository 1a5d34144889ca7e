// Segments between the shards: taken from those that are free, given back when there are too many.
// A free segment is taken by one compare-and-swap of its state, which names the new owner: a kill after it loses nothing,
// since repair gathers a shard's segments from their states.
#pragma once

#include "engine/region/locked_shard.hpp"

#include <cstdint>

namespace larder::segments {

/// Takes a free segment for the shard, within the capacity, its space allocated, as a spare. False: none to be had.
bool claim_segment(region::LockedShard& shard);
/// Allocates the segment's space, unless that was done.
bool commit_segment(region::LockedShard& shard, std::uint32_t segment);
/// Takes a spare of the shard off its list; kNoSegment when there is none.
std::uint32_t take_spare(region::LockedShard& shard) noexcept;
/// Makes an emptied segment (in no list) a spare.
void add_spare(region::LockedShard& shard, std::uint32_t segment) noexcept;
/// Gives an emptied segment (in no list) and its space back.
void release_segment(region::LockedShard& shard, std::uint32_t segment) noexcept;
/// Gives back what the last large page has beyond the segments that are known. For a cache that has become too small for large
/// pages: there it would count.
void give_back_unknown(region::LockedShard& shard);
/// Gives an emptied segment (in no list) of one shard to another as a spare. Both are locked.
void transfer_segment(region::LockedShard& from, region::LockedShard& to, std::uint32_t segment) noexcept;
/// Whether more is committed than the capacity allows.
bool over_capacity(const region::Region& region) noexcept;

}  // namespace larder::segments
