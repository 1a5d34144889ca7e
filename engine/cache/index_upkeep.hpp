// Room in the index: slots for new records, buckets as records come and go, within the same capacity as the segments.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/cache/ledger.hpp"

namespace larder::cache {

/// An empty slot in the chain of `hash`. Moves and drops nothing but, if there is no other way, the chain's least wanted
/// record; nullptr only when the chain is damaged.
Slot* empty_slot_at_once(Core& core, LockedShard& shard, std::uint64_t hash);
/// The same, but makes room for a page of index first, if that helps. Makes room by dropping the chain's least wanted record if
/// there is no other way; nullptr only when the chain is damaged.
Slot* empty_slot(Core& core, LockedShard& shard, std::uint64_t hash);
/// Splits a bucket or two when that is due.
void grow_index(Core& core, LockedShard& shard);
/// While the cache is over its capacity: gives one segment back, and the buckets that its records no longer need.
/// With `force`, whatever hits its records have had.
void shrink_step(Core& core, LockedShard& shard, bool force);
/// Gives back every segment and bucket of a shard that holds no record.
void release_empty_shard(Core& core, LockedShard& shard);

}  // namespace larder::cache
