#include "engine/segments/policy.hpp"

#include "engine/segments/log.hpp"

namespace larder::segments {

using format::kNoSegment;
using region::LockedShard;

namespace {

/// The small queue's share of a shard's segments, in percent.
constexpr std::uint32_t kSmallPercent = 10;
/// Hits that carry a record from the small queue to main.
constexpr unsigned kPromotionHits = 2;
/// A segment is worth copying when at least one part in so many of it is dead.
constexpr std::uint32_t kReclaimPart = 5;

struct Search {
    Victim best;
    std::uint32_t most_dead = 0;
    bool found_free = false;
};

void look(const LockedShard& shard, Queue queue, std::int64_t now_ms, Search& search) noexcept {
    for_each_sealed(shard, queue, [&](std::uint32_t segment, std::uint32_t previous) {
        const format::SegmentEntry& entry = shard.region.segment(segment);
        const std::uint32_t live = entry.live_bytes.load(std::memory_order_relaxed);
        const std::uint32_t used = entry.write_offset.load(std::memory_order_relaxed);
        if (live == 0 || entry.latest_expiry_ms.load(std::memory_order_relaxed) <= now_ms) {
            search.best = {segment, previous, queue, EmptyMode::reclaim};
            search.found_free = true;
            return false;
        }
        const std::uint32_t dead = used > live ? used - live : 0;
        if (dead > search.most_dead) {
            search.most_dead = dead;
            search.best = {segment, previous, queue, EmptyMode::reclaim};
        }
        return true;
    });
}

Victim oldest_of(const LockedShard& shard, Queue queue) noexcept {
    return {shard.header.queues[format::index_of(queue)].head, kNoSegment, queue, EmptyMode::evict};
}

}  // namespace

Victim choose_victim(const LockedShard& shard, std::int64_t now_ms) noexcept {
    Search search;
    look(shard, Queue::small, now_ms, search);
    if (!search.found_free) look(shard, Queue::main, now_ms, search);
    if (search.found_free || search.most_dead >= shard.geometry().segment_size / kReclaimPart) return search.best;
    const auto& small = shard.header.queues[format::index_of(Queue::small)];
    const auto& main = shard.header.queues[format::index_of(Queue::main)];
    if (small.count == 0 && main.count == 0) return {};
    const std::uint32_t all = small.count + main.count;
    const bool from_small = main.count == 0 || (small.count != 0 && small.count * 100 >= all * kSmallPercent);
    return oldest_of(shard, from_small ? Queue::small : Queue::main);
}

Fate decide_fate(Queue from, EmptyMode mode, unsigned hits) noexcept {
    if (mode == EmptyMode::reclaim) return {true, from, hits, false};
    if (mode == EmptyMode::force) return {false, from, 0, false};
    if (from == Queue::small) {
        if (hits >= kPromotionHits) return {true, Queue::main, 0, false};
        return {false, from, 0, true};
    }
    if (hits > 0) return {true, Queue::main, hits - 1, false};
    return {};
}

}  // namespace larder::segments
