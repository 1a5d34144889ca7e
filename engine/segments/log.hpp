// Appending records to a shard's active segments, and the two queues that sealed segments wait in.
#pragma once

#include "engine/format/record.hpp"
#include "engine/region/locked_shard.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace larder::segments {

using format::Queue;

/// Spares that only evacuation may use, so that what is kept of a victim always has somewhere to go.
inline constexpr std::uint32_t kReserve = 1;

/// Bytes left in the active segment of a queue; 0 when there is none.
inline std::uint32_t room_in(const region::LockedShard& shard, Queue queue) noexcept {
    const std::uint32_t active = shard.header.queues[format::index_of(queue)].active;
    if (active >= shard.geometry().segment_count) return 0;
    const std::uint32_t used = shard.region.segment(active).write_offset.load(std::memory_order_relaxed);
    return used <= shard.geometry().segment_size ? shard.geometry().segment_size - used : 0;
}
/// Seals the queue's active segment, if any, and opens a spare in its place. False when there is no spare but the reserve
/// (with `from_reserve`: no spare at all).
bool open_active(region::LockedShard& shard, Queue queue, bool from_reserve);
/// The end of an active segment, where the next record goes.
struct Place {
    format::SegmentEntry* entry = nullptr;  ///< its segment's
    std::uint32_t segment = format::kNoSegment;
    std::uint32_t used = 0;  ///< bytes of the segment before it
    explicit operator bool() const noexcept { return entry != nullptr; }
};
/// Where the next record of the queue goes. None when `bytes` do not fit there, which after room_in() only damage brings about.
inline Place append_place(const region::LockedShard& shard, Queue queue, std::size_t bytes) noexcept {
    const std::uint32_t active = shard.header.queues[format::index_of(queue)].active;
    if (active >= shard.geometry().segment_count) return {};
    format::SegmentEntry& entry = shard.region.segment(active);
    const std::uint32_t used = entry.write_offset.load(std::memory_order_relaxed);
    const std::uint32_t size = shard.geometry().segment_size;
    if (used > size || bytes > size - used || used % format::kRecordAlignment != 0) return {};
    return {&entry, active, used};
}
/// Begins to load the first lines of a record that will be written there. Of a segment that is filled again, none is in the
/// cache.
inline void prefetch_record_at(const region::LockedShard& shard, std::uint64_t offset) noexcept {
    constexpr std::uint64_t kLine = 64;
    for (std::uint64_t i = 0; i < 3; ++i) __builtin_prefetch(shard.region.at(offset) + i * kLine, 1);
}
/// The same where the queue's next record goes.
void prefetch_tail(const region::LockedShard& shard, Queue queue) noexcept;
/// Adds bytes that will have expired by then to the segment's table.
void note_expiry(format::SegmentEntry& entry, std::uint32_t bytes, std::int64_t expires_at_ms) noexcept;
/// Makes a record of `bytes`, which has been written whole at its place, part of the segment.
inline void advance(const Place& place, std::uint32_t bytes, std::int64_t expires_at_ms) noexcept {
    format::SegmentEntry& entry = *place.entry;
    const std::int64_t expiry = expires_at_ms == 0 ? std::numeric_limits<std::int64_t>::max() : expires_at_ms;
    if (expires_at_ms != 0) note_expiry(entry, bytes, expires_at_ms);
    if (expiry > entry.latest_expiry_ms.load(std::memory_order_relaxed))
        entry.latest_expiry_ms.store(expiry, std::memory_order_relaxed);
    entry.write_offset.store(place.used + bytes, std::memory_order_release);
}
/// Seals the active segment without opening another.
void seal(region::LockedShard& shard, Queue queue) noexcept;

/// Takes a sealed segment out of its queue. `previous` is the one before it, kNoSegment for the head.
void unlink(region::LockedShard& shard, Queue queue, std::uint32_t segment, std::uint32_t previous) noexcept;
/// The queue that the segment's records are in; small for what is in none.
inline Queue queue_of(const format::SegmentEntry& entry) noexcept {
    const std::uint32_t state = entry.state.load(std::memory_order_relaxed);
    return format::use_of(state) == format::SegmentUse::main ? Queue::main : Queue::small;
}
/// queue_of() of the segment that an offset lies in. Its entry, which is seldom in the processor's caches, is not looked at while
/// main holds nothing.
inline Queue queue_at(const region::LockedShard& shard, std::uint64_t offset) noexcept {
    const format::QueueEnds& main = shard.header.queues[format::index_of(Queue::main)];
    if (main.count == 0 && main.active >= shard.geometry().segment_count) return Queue::small;
    return queue_of(shard.region.segment_at(offset));
}
/// Bytes of a segment that have expired, as far as its table knows: some may be dead already, some more may have expired.
std::uint32_t expired_bytes(const format::SegmentEntry& entry, std::int64_t now_ms) noexcept;
/// add_live() where the sum is nothing, or beyond what a segment holds.
void settle_live(const region::Region& region, format::SegmentEntry& entry, std::int64_t bytes) noexcept;
/// Adds to (or takes from) a segment's live bytes.
inline void add_live(const region::Region& region, format::SegmentEntry& entry, std::int64_t bytes) noexcept {
    const std::uint32_t sum = entry.live_bytes.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(bytes);
    if (sum - 1 >= region.geometry().segment_size) [[unlikely]]
        return settle_live(region, entry, bytes);
    entry.live_bytes.store(sum, std::memory_order_relaxed);
}

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
