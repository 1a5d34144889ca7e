// Making space in a shard: emptying segments, a few records at a time, so that no set waits for a whole one.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/cache/ledger.hpp"
#include "engine/segments/log.hpp"

#include <cstdint>

namespace larder::cache {

/// Whether a segment of the shard is being emptied.
inline bool has_victim(const LockedShard& shard) noexcept { return shard.header.victim < shard.geometry().segment_count; }
/// Whether a record of `bytes` more would take the room of the queue's active segment that what is kept of the victim needs:
/// there is no spare that it could go to.
inline bool takes_survivors_room(const LockedShard& shard, format::Queue queue, std::size_t bytes) noexcept {
    // Loaded once: it may be scribbled on between a bound and a use (INV-18).
    const std::uint32_t victim = shard.header.victim;
    if (shard.header.spare_count >= segments::kReserve || victim >= shard.geometry().segment_count) return false;
    const std::size_t live = shard.region.segment(victim).live_bytes.load(std::memory_order_relaxed);
    // What moves may grow by a fragment table; and, where versions count, by 8 bytes a record, of which there are 24 at least.
    const bool versions = shard.region.header().versions_seen.load(std::memory_order_relaxed) != 0;
    return segments::room_in(shard, queue) < bytes + live + (versions ? live / 2 : live / 8);
}
/// Before a record of `bytes` is written: finishes a victim that is half emptied when the record would take the room that is
/// left for what is kept of it. `moved` as below.
void keep_room_for_survivors(Core& core, LockedShard& shard, format::Queue queue, std::size_t bytes, bool& moved);
/// Sees to it that `bytes` fit the queue's active segment. `moved` is set when records may have been moved or dropped, so
/// that slots found before must be looked up again. full when nothing more can be dropped.
Status make_room(Core& core, LockedShard& shard, format::Queue queue, std::size_t bytes, bool& moved);
/// Sees to it that the shard has `count` spares beyond the reserve.
Status make_spares(Core& core, LockedShard& shard, std::uint32_t count, bool& moved);
/// Parts of a segment: when no more than one of them is left of the active one, the next is made ready.
inline constexpr std::uint32_t kNearlyFull = 6;
/// Whether a set to this queue has something to empty, once it has added `bytes` more.
inline bool pace_due(const LockedShard& shard, format::Queue queue, std::uint32_t bytes = 0) noexcept {
    return shard.header.spare_count <= segments::kReserve &&
           segments::room_in(shard, queue) <= shard.geometry().segment_size / kNearlyFull + bytes;
}
/// After a record of `bytes` was written: empties a bit more of the next victim, so that a spare is ready when the active
/// segment is full. Bounded by a small multiple of `bytes`.
void keep_pace(Core& core, LockedShard& shard, format::Queue queue, std::size_t bytes);
/// Empties one sealed segment wholly. False when the shard has none. While the cache is over its capacity, the segment goes
/// back to the pool if the shard has `keep` spares already.
bool empty_one(Core& core, LockedShard& shard, bool force, std::uint32_t keep = 2);
/// Drops every slot that leads into the segment.
void sweep_segment(Core& core, LockedShard& shard, std::uint32_t segment);

}  // namespace larder::cache
