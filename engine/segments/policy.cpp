#include "engine/segments/policy.hpp"

#include "engine/segments/log.hpp"

#include <algorithm>
#include <cmath>

namespace larder::segments {

using format::kNoSegment;
using region::LockedShard;

namespace {

// The small queue's share of a shard's segments, in 65536ths: where it starts, and how far it goes.
constexpr std::uint32_t kFirstShare = 6554;
constexpr std::uint32_t kLeastShare = 3277;
constexpr std::uint32_t kMostShare = 58982;
// How far the return of a share's worth of dropped bytes shifts it: towards small, towards main.
constexpr std::uint64_t kTowardsSmall = 10;
constexpr std::uint64_t kTowardsMain = 40;
// Hits that carry a record from the small queue to main; one is enough where the small queue is most of the cache.
constexpr unsigned kPromotionHits = 2;
constexpr std::uint32_t kLargeShare = 19661;
// The most that a record in main pays for a round, in 256ths.
constexpr std::uint64_t kMostDecrement = 3 * 256;
// What lives in a segment is worth copying when one part in so many of the segment is dead or has expired ...
constexpr std::uint32_t kWastePart = 2;
// ... or of all segments: so many bytes less one are copied at most for each byte gained, and half of that usually.
constexpr std::uint64_t kTotalWastePart = 10;

std::uint32_t small_share(const LockedShard& shard) noexcept {
    const std::uint32_t share = shard.header.small_share;
    return share == 0 ? kFirstShare : std::clamp(share, kLeastShare, kMostShare);
}

std::uint64_t data_bytes(const LockedShard& shard) noexcept {
    return std::uint64_t{shard.header.segments.load(std::memory_order_relaxed)} << shard.geometry().segment_shift;
}

// sqrt(bytes / mean), its fraction carried over to the next record, so that it counts without chance.
unsigned price_of_round(LockedShard& shard, std::uint64_t bytes) noexcept {
    const std::uint64_t records = std::max<std::uint64_t>(shard.header.records.load(std::memory_order_relaxed), 1);
    const double mean = std::max(static_cast<double>(data_bytes(shard)) / static_cast<double>(records), 1.0);
    const auto factor = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(bytes) / mean) * 256);
    const std::uint64_t sum = (shard.header.decrement_carry & 0xff) + std::min(factor, kMostDecrement);
    shard.header.decrement_carry = static_cast<std::uint16_t>(sum & 0xff);
    return static_cast<unsigned>(sum >> 8);
}

struct Search {
    Victim best;
    std::uint32_t most_waste = 0;
    std::uint64_t waste = 0;
    std::uint64_t used = 0;
    bool found_free = false;

    // Copying what lives pays as long as much is dead, in this segment or on the whole: then the deadest has still more.
    bool is_worth_copying(std::uint32_t segment_size) const noexcept {
        return most_waste >= segment_size / kWastePart || (waste * kTotalWastePart >= used && most_waste != 0);
    }
};

// Bytes that are dead or have expired. What has expired is dead as often as anything else.
std::uint32_t waste_in(const format::SegmentEntry& entry, std::uint32_t live, std::uint32_t used, std::int64_t now_ms) noexcept {
    if (used <= live) live = used;
    if (used == 0) return 0;
    return used - live + static_cast<std::uint32_t>(std::uint64_t{live} * expired_bytes(entry, now_ms) / used);
}

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
        const std::uint32_t waste = waste_in(entry, live, used, now_ms);
        search.waste += waste;
        search.used += used;
        if (waste > search.most_waste) {
            search.most_waste = waste;
            search.best = {segment, previous, queue, EmptyMode::reclaim};
        }
        return true;
    });
}

Victim oldest_of(const LockedShard& shard, Queue queue) noexcept {
    const std::uint32_t head = shard.header.queues[format::index_of(queue)].head;
    if (head >= shard.geometry().segment_count) return {};
    return {head, kNoSegment, queue, EmptyMode::evict};
}

}  // namespace

Victim choose_victim(const LockedShard& shard, std::int64_t now_ms) noexcept {
    Search search;
    look(shard, Queue::small, now_ms, search);
    if (!search.found_free) look(shard, Queue::main, now_ms, search);
    if (search.found_free || search.is_worth_copying(shard.geometry().segment_size)) return search.best;
    const auto& small = shard.header.queues[format::index_of(Queue::small)];
    const auto& main = shard.header.queues[format::index_of(Queue::main)];
    if (small.count == 0 && main.count == 0) return {};
    const std::uint64_t all = shard.header.segments.load(std::memory_order_relaxed);
    const std::uint64_t allowed = std::max<std::uint64_t>(all * small_share(shard) >> 16, 1);
    const bool from_small = main.count == 0 || (small.count != 0 && small.count + 1 > allowed);
    return oldest_of(shard, from_small ? Queue::small : Queue::main);
}

Fate decide_fate(LockedShard& shard, Queue from, EmptyMode mode, unsigned hits, std::uint64_t bytes) noexcept {
    if (mode == EmptyMode::reclaim) return {true, from, hits, false};
    if (mode == EmptyMode::force) return {false, from, 0, true};
    if (from == Queue::small) {
        const unsigned needed = small_share(shard) > kLargeShare ? 1 : kPromotionHits;
        if (hits >= needed) return {true, Queue::main, 0, false};
        return {false, from, 0, true};
    }
    const unsigned price = hits == 0 ? 1 : price_of_round(shard, bytes);
    if (hits == 0 || hits < price) return {false, from, 0, true};
    return {true, Queue::main, hits - price, false};
}

void adapt_shares(LockedShard& shard, const Ghost& ghost, std::uint64_t bytes) noexcept {
    if (!ghost.found || !ghost.recent) return;
    const std::uint64_t shift = (bytes << 16) / std::max<std::uint64_t>(data_bytes(shard), 1);
    const std::uint32_t share = small_share(shard);
    if (ghost.from == Queue::small) {
        shard.header.small_share = static_cast<std::uint32_t>(std::min<std::uint64_t>(share + kTowardsSmall * shift, kMostShare));
    } else {
        const std::uint64_t down = kTowardsMain * shift;
        shard.header.small_share = static_cast<std::uint32_t>(down >= share - kLeastShare ? kLeastShare : share - down);
    }
}

}  // namespace larder::segments
