#include "engine/segments/log.hpp"

#include "engine/platform/clock.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/segments/pool.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>
#include <vector>

namespace larder::segments {

using format::index_of;
using format::kNoSegment;
using format::QueueEnds;
using format::SegmentEntry;
using format::SegmentUse;
using region::LockedShard;
using region::Region;

namespace {

// Sealed segments wait at the tail of their queue; the active one is in no list.
void push(LockedShard& shard, QueueEnds& ends, std::uint32_t segment) noexcept {
    const std::uint32_t tail = ends.tail;
    shard.region.segment(segment).next = kNoSegment;
    if (ends.count == 0 || tail >= shard.geometry().segment_count) {
        ends.count = 0;
        ends.head = segment;
    } else {
        shard.region.segment(tail).next = segment;
    }
    ends.tail = segment;
    ++ends.count;
}

// Recovery jumps 2^24 generations ahead of the latest it can see; half of that may be given out between two flushes of the
// header, so that no generation that a power cut has forgotten is ever given out again.
constexpr std::uint64_t kUnflushedGenerations = std::uint64_t{1} << 23;

// The low bits, those that slots have, are one more than those of the segment's last generation. So a word is not seen again
// before the segment has been filled 64 times: not by a reader in mid-copy, and not by a recovery that finds a new slot but
// the generation and the bytes of the last flush.
std::uint64_t next_generation(const Region& region, std::uint64_t last) noexcept {
    format::FileHeader& header = region.header();
    std::uint64_t next = header.next_generation.load(std::memory_order_relaxed);
    std::uint64_t generation = 0;
    do {
        generation = next + ((last + 1 - next) & format::kGenerationBits);
    } while (!header.next_generation.compare_exchange_weak(next, generation + 1, std::memory_order_relaxed));
    if (generation - header.flushed_generation.load(std::memory_order_relaxed) >= kUnflushedGenerations) {
        if (region.flush_header().ok()) header.flushed_generation.store(generation, std::memory_order_relaxed);
    }
    return generation;
}

void start_segment(LockedShard& shard, std::uint32_t segment, Queue queue) noexcept {
    SegmentEntry& entry = shard.region.segment(segment);
    const std::uint64_t generation =
        next_generation(shard.region, shard.region.generation(segment).load(std::memory_order_relaxed));
    // The readers' side of reuse: whoever sees the new generation, or a byte of a new record, also sees that all slots into
    // the old ones are gone.
    std::atomic_thread_fence(std::memory_order_release);
    shard.region.generation(segment).store(generation, std::memory_order_relaxed);
    entry.write_offset.store(0, std::memory_order_relaxed);
    entry.live_bytes.store(0, std::memory_order_relaxed);
    entry.opened_at_ms.store(platform::coarse_now_ms(), std::memory_order_relaxed);
    entry.latest_expiry_ms.store(0, std::memory_order_relaxed);
    entry.expiring = {};
    entry.state.store(make_segment_state(use_for(queue), shard.id), std::memory_order_release);
}

bool is_mine(const LockedShard& shard, std::uint32_t segment, SegmentUse use) noexcept {
    return segment < shard.geometry().segment_count &&
           shard.region.segment(segment).state.load(std::memory_order_relaxed) == make_segment_state(use, shard.id);
}

}  // namespace

void seal(LockedShard& shard, Queue queue) noexcept {
    QueueEnds& ends = shard.header.queues[index_of(queue)];
    const std::uint32_t active = ends.active;
    if (active >= shard.geometry().segment_count) return;
    ends.active = kNoSegment;
    push(shard, ends, active);
}

bool open_active(LockedShard& shard, Queue queue, bool from_reserve) {
    if (shard.header.spare_count <= (from_reserve ? 0 : kReserve) && !claim_segment(shard)) return false;
    const std::uint32_t segment = take_spare(shard);
    if (segment == kNoSegment) return false;
    LARDER_FAULT_POINT("open_active.spare_taken");
    if (!commit_segment(shard, segment)) {
        release_segment(shard, segment);
        return false;
    }
    seal(shard, queue);
    start_segment(shard, segment, queue);
    shard.header.queues[index_of(queue)].active = segment;
    return true;
}

void prefetch_tail(const LockedShard& shard, Queue queue) noexcept {
    const Place place = append_place(shard, queue, 0);
    if (place) prefetch_record_at(shard, shard.geometry().segment_at(place.segment) + place.used);
}

namespace {

constexpr std::uint32_t kNeverStep = 256;
constexpr unsigned kStepShift = 24;
constexpr std::uint32_t kMostGroupBytes = (std::uint32_t{1} << kStepShift) - 1;

// The first step that does not come before a distance; kNeverStep when it is decades away.
std::uint32_t expiry_step(std::int64_t distance_ms) noexcept {
    if (distance_ms <= static_cast<std::int64_t>(format::expiry_step_ms(0))) return 0;
    const std::uint64_t units = (static_cast<std::uint64_t>(distance_ms) + 15) / 16;
    const auto shift = static_cast<unsigned>(std::bit_width(units)) - 4;
    const std::uint64_t eighths = (units + (std::uint64_t{1} << shift) - 1) >> shift;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(shift * 8 + eighths - 8, kNeverStep));
}

std::uint32_t step_of(format::ExpiringBytes group) noexcept { return group >> kStepShift; }

void add_to_group(format::ExpiringBytes& group, std::uint32_t step, std::uint32_t bytes) noexcept {
    group = step << kStepShift | std::min((group & kMostGroupBytes) + bytes, kMostGroupBytes);
}

}  // namespace

// To the group of the same step or, when no group is left, to the next later one; what is later than all defers the last.
void note_expiry(SegmentEntry& entry, std::uint32_t bytes, std::int64_t expires_at_ms) noexcept {
    const std::uint32_t step = expiry_step(expires_at_ms - entry.opened_at_ms.load(std::memory_order_relaxed));
    if (step >= kNeverStep) return;
    format::ExpiringBytes* free = nullptr;
    format::ExpiringBytes* later = nullptr;
    format::ExpiringBytes* last = &entry.expiring[0];
    for (format::ExpiringBytes& group : entry.expiring) {
        if (group == 0) {
            free = &group;
            continue;
        }
        if (step_of(group) == step) return add_to_group(group, step, bytes);
        if (step_of(group) > step && (later == nullptr || step_of(group) < step_of(*later))) later = &group;
        if (step_of(group) > step_of(*last)) last = &group;
    }
    if (free != nullptr) return add_to_group(*free, step, bytes);
    if (later != nullptr) return add_to_group(*later, step_of(*later), bytes);
    add_to_group(*last, step, bytes);
}

std::uint32_t expired_bytes(const SegmentEntry& entry, std::int64_t now_ms) noexcept {
    const std::int64_t age = now_ms - entry.opened_at_ms.load(std::memory_order_relaxed);
    std::uint64_t bytes = 0;
    for (const format::ExpiringBytes group : entry.expiring) {
        if (group != 0 && static_cast<std::int64_t>(format::expiry_step_ms(step_of(group))) <= age)
            bytes += group & kMostGroupBytes;
    }
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, entry.write_offset.load(std::memory_order_relaxed)));
}

void unlink(LockedShard& shard, Queue queue, std::uint32_t segment, std::uint32_t previous) noexcept {
    QueueEnds& ends = shard.header.queues[index_of(queue)];
    const std::uint32_t next = shard.region.segment(segment).next;
    if (previous == kNoSegment) {
        ends.head = next;
    } else {
        shard.region.segment(previous).next = next;
    }
    if (ends.tail == segment) ends.tail = previous;
    --ends.count;
}

void settle_live(const Region& region, SegmentEntry& entry, std::int64_t bytes) noexcept {
    const std::int64_t sum = entry.live_bytes.load(std::memory_order_relaxed) + bytes;
    entry.live_bytes.store(static_cast<std::uint32_t>(std::clamp<std::int64_t>(sum, 0, region.geometry().segment_size)),
                           std::memory_order_relaxed);
    if (sum > 0 || bytes >= 0) return;
    const std::uint32_t shard = format::shard_of_state(entry.state.load(std::memory_order_relaxed));
    if (shard >= region.geometry().shard_count) return;
    auto& dead = region.shard(shard).dead_segments;
    dead.store(dead.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

namespace {

// A kill while a segment was claimed or given back leaves a spare without space behind it: it goes back to the pool.
bool has_space(LockedShard& shard, std::uint32_t segment) {
    SegmentEntry& entry = shard.region.segment(segment);
    if ((entry.flags.load(std::memory_order_relaxed) & format::kSegmentCommitted) != 0) return true;
    (void)shard.region.file().decommit(shard.geometry().segment_at(segment), shard.geometry().segment_size);
    entry.state.store(0, std::memory_order_release);
    return false;
}

}  // namespace

void rebuild_queues(LockedShard& shard) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> sealed[format::kQueues];
    std::vector<std::uint32_t> spares;
    const std::uint32_t count = shard.region.segments_known();
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t state = shard.region.segment(i).state.load(std::memory_order_relaxed);
        if (format::use_of(state) == SegmentUse::free || format::shard_of_state(state) != shard.id) continue;
        if (format::use_of(state) == SegmentUse::small || format::use_of(state) == SegmentUse::main) {
            sealed[index_of(queue_of(shard.region.segment(i)))].emplace_back(
                shard.region.generation(i).load(std::memory_order_relaxed), i);
        } else {
            spares.push_back(i);
        }
    }
    std::uint32_t owned = static_cast<std::uint32_t>(spares.size());
    for (const Queue queue : {Queue::small, Queue::main}) {
        QueueEnds& ends = shard.header.queues[index_of(queue)];
        auto& list = sealed[index_of(queue)];
        owned += static_cast<std::uint32_t>(list.size());
        std::uint32_t active = ends.active;
        if (!is_mine(shard, active, use_for(queue))) active = kNoSegment;
        ends = {kNoSegment, kNoSegment, 0, active};
        std::sort(list.begin(), list.end());
        for (const auto& [generation, segment] : list) {
            if (segment != active) push(shard, ends, segment);
        }
    }
    shard.header.spare_head = kNoSegment;
    shard.header.spare_count = 0;
    for (const std::uint32_t segment : spares) {
        if (has_space(shard, segment))
            add_spare(shard, segment);
        else
            --owned;
    }
    shard.header.segments.store(owned, std::memory_order_relaxed);
    shard.header.victim = kNoSegment;
    shard.header.victim_cursor = 0;
}

}  // namespace larder::segments
