#include "engine/cache/index_upkeep.hpp"

#include "engine/cache/evacuation.hpp"
#include "engine/index/chain.hpp"
#include "engine/index/growth.hpp"
#include "engine/segments/log.hpp"
#include "engine/segments/pool.hpp"

namespace larder::cache {
namespace {

// Buckets merged in one step of shrinking.
constexpr int kTightMerges = 1024;

bool release_spare(LockedShard& shard) {
    const std::uint32_t segment = segments::take_spare(shard);
    if (segment == format::kNoSegment) return false;
    segments::release_segment(shard, segment);
    return true;
}

void merge_buckets(LockedShard& shard) {
    for (std::uint64_t i = 0; i < shard.geometry().buckets_per_shard && index::merge_due(shard); ++i) {
        if (!index::merge_bucket(shard)) return;
    }
}

// The index and the segments share the capacity: a segment given back is room for pages of index.
bool free_segment_for_index(Core& core, LockedShard& shard) {
    if (shard.header.spare_count <= segments::kReserve && !empty_one(core, shard, false)) return false;
    return shard.header.spare_count > segments::kReserve && release_spare(shard);
}

Found least_wanted(LockedShard& shard, std::uint64_t hash) {
    Found worst;
    index::for_each_slot(shard.region, shard.id, &index::home_bucket(shard, hash), [&](Slot& slot, SlotWord word) {
        if (!worst || format::hits_of(word) < format::hits_of(worst.word)) worst = {&slot, word};
    });
    return worst;
}

}  // namespace

Slot* empty_slot_at_once(Core& core, LockedShard& shard, std::uint64_t hash) {
    Slot* slot = index::find_empty(shard, hash);
    if (slot != nullptr) return slot;
    const Found worst = least_wanted(shard, hash);
    if (!worst) return nullptr;
    publish(shard, *worst.slot, 0);
    core.count(Count::evictions);
    return index::find_empty(shard, hash);
}

Slot* empty_slot(Core& core, LockedShard& shard, std::uint64_t hash) {
    Slot* slot = index::find_empty(shard, hash);
    if (slot == nullptr && free_segment_for_index(core, shard)) slot = index::find_empty(shard, hash);
    return slot != nullptr ? slot : empty_slot_at_once(core, shard, hash);
}

void grow_index(Core& core, LockedShard& shard) {
    for (int i = 0; i < 2 && index::split_due(shard); ++i) {
        if (index::split_bucket(shard)) continue;
        if (!index::split_overdue(shard) || !free_segment_for_index(core, shard) || !index::split_bucket(shard)) return;
    }
}

void shrink_step(Core& core, LockedShard& shard, bool force) {
    if (shard.header.spare_count <= segments::kReserve) empty_one(core, shard, force);
    // The victim's own segment goes back as it is emptied; a spare beyond the reserve goes here.
    if (segments::over_capacity(shard.region) && shard.header.spare_count > segments::kReserve) release_spare(shard);
    merge_buckets(shard);
    if (!segments::over_capacity(shard.region)) return;
    // The index gives too: as many buckets as its records can spare.
    for (int i = 0; i < kTightMerges && index::merge_possible(shard); ++i) {
        if (!index::merge_bucket(shard)) break;
    }
    index::compact_overflow(shard);
}

void release_empty_shard(Core& core, LockedShard& shard) {
    for (std::uint32_t i = 0; i < shard.geometry().segment_count && empty_one(core, shard, false); ++i) {
    }
    for (std::uint32_t i = 0; i < shard.geometry().segment_count && release_spare(shard); ++i) {
    }
    merge_buckets(shard);
}

}  // namespace larder::cache
