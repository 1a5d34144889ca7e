// Appending records to a shard's active segments, and the two queues that sealed segments wait in.
#pragma once

#include "engine/region/locked_shard.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace larder::segments {

using format::Queue;

/// Spares that only evacuation may use, so that what is kept of a victim always has somewhere to go.
inline constexpr std::uint32_t kReserve = 1;

/// Bytes left in the active segment of a queue; 0 when there is none.
std::uint32_t room_in(const region::LockedShard& shard, Queue queue) noexcept;
/// Seals the queue's active segment, if any, and opens a spare in its place. False when there is no spare but the reserve
/// (with `from_reserve`: no spare at all).
bool open_active(region::LockedShard& shard, Queue queue, bool from_reserve);
/// The end of an active segment, where the next record goes.
struct Place {
    std::uint32_t segment = format::kNoSegment;
    std::uint32_t used = 0;  ///< bytes of the segment before it
    explicit operator bool() const noexcept { return segment != format::kNoSegment; }
};
/// Where the next record of the queue goes. None when `bytes` do not fit there, which after room_in() only damage brings about.
Place append_place(const region::LockedShard& shard, Queue queue, std::size_t bytes) noexcept;
/// Begins to load the lines where the queue's next record goes. Of a segment that is filled again, none is in the cache.
void prefetch_tail(const region::LockedShard& shard, Queue queue) noexcept;
/// Makes a record of `bytes`, which has been written whole at its place, part of the segment.
void advance(region::LockedShard& shard, const Place& place, std::uint32_t bytes, std::int64_t expires_at_ms) noexcept;
/// Seals the active segment without opening another.
void seal(region::LockedShard& shard, Queue queue) noexcept;

/// Takes a sealed segment out of its queue. `previous` is the one before it, kNoSegment for the head.
void unlink(region::LockedShard& shard, Queue queue, std::uint32_t segment, std::uint32_t previous) noexcept;
/// The queue that the segment's records are in; small for what is in none.
Queue queue_of(const region::Region& region, std::uint32_t segment) noexcept;
/// Bytes of a segment that have expired, as far as its table knows: some may be dead already, some more may have expired.
std::uint32_t expired_bytes(const format::SegmentEntry& entry, std::int64_t now_ms) noexcept;
/// Adds to (or takes from) a segment's live bytes.
void add_live(const region::Region& region, std::uint32_t segment, std::int64_t bytes) noexcept;

/// Gathers the shard's segments from their states, and makes queues and spares anew, oldest first.
void rebuild_queues(region::LockedShard& shard);

/// Calls `visit(segment, previous)` for each sealed segment of a queue, oldest first, until it returns false.
template <class Visit>
void for_each_sealed(const region::LockedShard& shard, Queue queue, Visit&& visit) {
    const auto& ends = shard.header.queues[format::index_of(queue)];
    std::uint32_t previous = format::kNoSegment;
    std::uint32_t segment = ends.head;
    for (std::uint32_t n = 0;
         n < std::min<std::uint32_t>(ends.count, shard.geometry().segment_count) && segment < shard.geometry().segment_count;
         ++n) {
        const std::uint32_t next = shard.region.segment(segment).next;
        if (!visit(segment, previous)) return;
        previous = segment;
        segment = next;
    }
}

}  // namespace larder::segments
