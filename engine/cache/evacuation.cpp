#include "engine/cache/evacuation.hpp"

#include "engine/cache/displaced.hpp"
#include "engine/cache/relocation.hpp"
#include "engine/cache/shard_guard.hpp"
#include "engine/index/chain.hpp"
#include "engine/platform/clock.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/segments/ghosts.hpp"
#include "engine/segments/log.hpp"
#include "engine/segments/policy.hpp"
#include "engine/segments/pool.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <thread>

namespace larder::cache {

using format::kNoSegment;
using format::Queue;
using segments::EmptyMode;
using segments::Fate;

namespace {

// Victims that may be emptied in a row without a spare to show for it, before records are dropped whatever their hits.
constexpr int kPatience = 4;
// More of them where segments are small: hot records that would survive another round are not dropped in haste, and no set
// copies more than a few megabytes for it.
constexpr int kMostPatience = 16;
constexpr std::uint32_t kPatientBytes = 4U << 20U;
// A victim of which less than one part in so many was gained has gained nothing.
constexpr std::uint32_t kMostCopies = 16;
// Bytes of victim walked for each byte appended, once the active segment is nearly full.
constexpr std::size_t kPace = 8;
// A shard with fewer segments than this is not asked for one.
constexpr std::uint32_t kLeast = 3;

bool pick_victim(Core& core, LockedShard& shard, bool force) {
    // What is emptied holds no displaced record, and none that displaced another.
    settle_displaced(core, shard);
    segments::Victim victim = segments::choose_victim(shard, platform::now_ms());
    if (victim.segment == kNoSegment) {
        // Nothing but active segments left: seal them, and look again.
        segments::seal(shard, Queue::small);
        segments::seal(shard, Queue::main);
        victim = segments::choose_victim(shard, platform::now_ms());
        if (victim.segment == kNoSegment) {
            shard.header.dead_segments.store(0, std::memory_order_relaxed);
            return false;
        }
    }
    segments::unlink(shard, victim.queue, victim.segment, victim.previous);
    // The hint is set right by whoever looks for the dead and finds one fewer, or none.
    const std::uint32_t dead = shard.header.dead_segments.load(std::memory_order_relaxed);
    const bool is_dead = shard.region.segment(victim.segment).live_bytes.load(std::memory_order_relaxed) == 0;
    shard.header.dead_segments.store(is_dead && dead != 0 ? dead - 1 : 0, std::memory_order_relaxed);
    shard.header.victim = victim.segment;
    shard.header.victim_cursor = 0;
    shard.header.victim_queue = static_cast<std::uint32_t>(victim.queue);
    shard.header.victim_mode = static_cast<std::uint32_t>(force ? EmptyMode::force : victim.mode);
    LARDER_FAULT_POINT("evacuation.picked");
    return true;
}

void drop(Core& core, LockedShard& shard, const Found& found, Count reason) {
    publish(shard, *found.slot, 0);
    core.count(reason);
}

void drop_and_tidy(Core& core, LockedShard& shard, const Found& found, std::uint64_t hash, Count reason) {
    drop(core, shard, found, reason);
    index::tidy_chain(shard, hash);
}

// Where a large value goes that is spared: in its own queue it would go round for ever, if it is most of what is there.
Queue other(Queue queue) noexcept { return queue == Queue::small ? Queue::main : Queue::small; }

// The owner's record of a fragment, or the record itself, decides.
void settle(Core& core, LockedShard& shard, const RecordAt& record, std::uint64_t hash) {
    Found found = find_owner(shard, record, hash);
    if (!found && record.meta.is(format::kFragment) && is_displaced(shard, record)) {
        settle_displaced(core, shard);
        found = find_owner(shard, record, hash);
    }
    if (!found) return;
    RecordAt owner;
    if (!region::read_record(shard.region, format::offset_of(found.word), owner))
        return drop_and_tidy(core, shard, found, hash, Count::evictions);
    if (owner.meta.expires_at_ms != 0 && platform::has_expired(owner.meta.expires_at_ms)) {
        return drop_and_tidy(core, shard, found, hash, Count::expirations);
    }
    const Queue from = format::queue_in(shard.header.victim_queue);
    Fate fate = fate_of(shard, record, owner, found);
    if (!fate.keep && hash != 0 && hash == shard.spared_hash) fate = {true, other(from), format::hits_of(found.word), false};
    if (fate.keep && relocate(shard, record, owner, found, hash, fate)) return core.count(Count::moved);
    if (fate.ghost) segments::remember_ghost(shard, hash, from);
    drop_and_tidy(core, shard, found, hash, Count::evictions);
}

void finish_victim(Core& core, LockedShard& shard, std::uint32_t segment, std::uint32_t keep) {
    // The accounts say whether the walk has met everything; if not (damage), the index does.
    if (shard.region.segment(segment).live_bytes.load(std::memory_order_relaxed) != 0) sweep_segment(core, shard, segment);
    core.count(Count::reclaimed_bytes, shard.geometry().segment_size);
    shard.header.victim = kNoSegment;
    LARDER_FAULT_POINT("evacuation.emptied");
    // Over capacity, what is emptied goes back; but not what this shard needs to go on.
    if (shard.header.spare_count >= keep && segments::over_capacity(shard.region)) {
        segments::release_segment(shard, segment);
    } else {
        segments::add_spare(shard, segment);
    }
}

// The next records of a victim, for which buckets and ghosts are being loaded.
struct Approached {  // NOLINT(cppcoreguidelines-pro-type-member-init): the first `count` are looked at
    static constexpr std::size_t kMost = 16;
    std::array<RecordAt, kMost> records;
    std::array<std::uint64_t, kMost> hashes;
    std::size_t count = 0;
};

// Looks at about `budget` bytes of records, so that the cache misses on their buckets and ghosts overlap.
void approach(LockedShard& shard, std::uint64_t at, std::uint64_t end, std::size_t budget, Approached& next) {
    next.count = 0;
    const bool drops = shard.header.victim_mode != static_cast<std::uint32_t>(EmptyMode::reclaim);
    const std::uint64_t stop = at + std::min<std::uint64_t>(budget, end - at);
    while (at < stop && next.count < Approached::kMost) {
        RecordAt& record = next.records[next.count];
        record = {};
        if (!region::read_record(shard.region, at, record)) return;
        at += record.meta.stored_bytes();
        const std::uint64_t hash = region::owner_hash(shard.region, record);
        __builtin_prefetch(&index::home_bucket(shard, hash), 1);
        if (drops) segments::prefetch_ghosts(shard, hash);
        next.hashes[next.count++] = hash;
    }
}

// Walks at most about `budget` bytes of the victim. True when it is empty.
bool walk_victim(Core& core, LockedShard& shard, std::size_t budget, std::uint32_t keep) {
    const std::uint32_t segment = shard.header.victim;
    if (segment >= shard.geometry().segment_count) return false;
    const std::uint64_t begin = shard.geometry().segment_at(segment);
    format::SegmentEntry& entry = shard.region.segment(segment);
    const std::uint32_t end = std::min(entry.write_offset.load(std::memory_order_relaxed), shard.geometry().segment_size);
    const bool wholly_dead = entry.live_bytes.load(std::memory_order_relaxed) == 0;
    std::size_t walked = 0;
    std::uint32_t cursor = shard.header.victim_cursor;
    Approached next;
    while (!wholly_dead && cursor < end && walked < budget) {
        approach(shard, begin + cursor, begin + end, budget - walked, next);
        if (next.count == 0) break;
        for (std::size_t i = 0; i < next.count; ++i) {
            settle(core, shard, next.records[i], next.hashes[i]);
            const std::size_t bytes = next.records[i].meta.stored_bytes();
            walked += bytes;
            cursor += static_cast<std::uint32_t>(bytes);
            shard.header.victim_cursor = cursor;
        }
    }
    if (walked >= budget && cursor < end) return false;
    finish_victim(core, shard, segment, keep);
    return true;
}

// Spares, and what is left of the active segments: a victim that is mostly kept gains some of it all the same.
std::uint64_t free_bytes(const LockedShard& shard) noexcept {
    return std::uint64_t{shard.header.spare_count} * shard.geometry().segment_size + segments::room_in(shard, Queue::small) +
           segments::room_in(shard, Queue::main);
}

std::uint32_t useful_segments(const format::ShardHeader& header) noexcept {
    const std::uint32_t all = header.segments.load(std::memory_order_relaxed);
    return all - std::min<std::uint32_t>(all, header.spare_count);
}

// Another shard with wholly dead segments or, failing that, the one that holds the most; kNoSegment when it holds no more
// than `above`.
std::uint32_t richest_other(const LockedShard& shard, std::uint32_t above) noexcept {
    std::uint32_t best = kNoSegment;
    for (std::uint32_t i = 0; i < shard.geometry().shard_count; ++i) {
        if (i == shard.id) continue;
        if (shard.region.shard(i).dead_segments.load(std::memory_order_relaxed) > 1) return i;
        const std::uint32_t useful = shard.region.shard(i).segments.load(std::memory_order_relaxed);
        if (useful <= above) continue;
        above = useful;
        best = i;
    }
    return best;
}

// Empties a segment of a shard that holds more than `above`, and takes it. The other's lock is only tried for, so that two
// shards that want each other's segments never wait for each other.
bool take_from_other(Core& core, LockedShard& shard, std::uint32_t above) {
    const std::uint32_t other = richest_other(shard, above);
    if (other == kNoSegment) return false;
    std::optional<ShardGuard> guard = ShardGuard::try_lock(core, other);
    if (!guard) return false;
    LockedShard& rich = **guard;
    for (int i = 0; i < 2 * kPatience && rich.header.spare_count <= segments::kReserve; ++i)
        empty_one(core, rich, i >= kPatience);
    if (rich.header.spare_count <= segments::kReserve) return false;
    const std::uint32_t segment = segments::take_spare(rich);
    if (segment == kNoSegment) return false;
    LARDER_FAULT_POINT("transfer.taken");
    segments::transfer_segment(rich, shard, segment);
    return true;
}

std::uint32_t average_segments(const LockedShard& shard) noexcept {
    std::uint32_t all = 0;
    for (std::uint32_t i = 0; i < shard.geometry().shard_count; ++i)
        all += shard.region.shard(i).segments.load(std::memory_order_relaxed);
    return all / shard.geometry().shard_count;
}

// One step towards one more spare: from the pool, from a shard that holds more, from the own victims, from anybody. Who
// wants many takes from whoever has most, so that a large value costs all shards alike; who wants one leaves small
// differences be. Who has `emptied` all of its own in vain, because what it holds is the value it is about to replace, takes
// from anybody.
bool gain_spare(Core& core, LockedShard& shard, std::uint32_t wanted, bool force, bool emptied) {
    if (segments::claim_segment(shard)) return true;
    if (emptied && take_from_other(core, shard, kLeast)) return true;
    const std::uint32_t slack = wanted > segments::kReserve + 1 ? 0 : 2 + average_segments(shard) / 8;
    if (take_from_other(core, shard, useful_segments(shard.header) + slack)) return true;
    return empty_one(core, shard, force, wanted) || take_from_other(core, shard, kLeast);
}

}  // namespace

bool empty_one(Core& core, LockedShard& shard, bool force, std::uint32_t keep) {
    if (!has_victim(shard) && !pick_victim(core, shard, force)) return false;
    if (force) shard.header.victim_mode = static_cast<std::uint32_t>(EmptyMode::force);
    return walk_victim(core, shard, std::numeric_limits<std::size_t>::max(), keep);
}

void sweep_segment(Core& core, LockedShard& shard, std::uint32_t segment) {
    const std::uint32_t buckets = index::bounded_buckets(shard.region, shard.id);
    for (std::uint32_t i = 0; i < buckets; ++i) {
        index::for_each_slot(shard.region, shard.id, &shard.region.bucket(shard.id, i), [&](Slot& slot, SlotWord word) {
            for (const std::uint32_t part : segments_of(shard, word)) {
                if (part != segment) continue;
                drop(core, shard, {&slot, word}, Count::evictions);
                return;
            }
        });
    }
}

Status make_spares(Core& core, LockedShard& shard, std::uint32_t count, bool& moved) {
    const std::uint32_t wanted = count + segments::kReserve;
    const std::uint32_t tries = kMostCopies * wanted + 64;
    const std::uint64_t least_gain = shard.geometry().segment_size / kMostCopies;
    const int patience = std::clamp(static_cast<int>(kPatientBytes / shard.geometry().segment_size), kPatience, kMostPatience);
    std::uint64_t most = free_bytes(shard);
    int without_gain = 0;
    for (std::uint32_t i = 0; i < tries && shard.header.spare_count < wanted; ++i) {
        moved = true;
        // What is kept of victims takes spares too. When that leads nowhere, nothing is kept any more.
        const bool force = without_gain >= patience;
        // Nothing to be had, or all locks taken: let the others go on.
        if (!gain_spare(core, shard, wanted, force, without_gain >= 2 * patience)) std::this_thread::yield();
        const std::uint64_t free = free_bytes(shard);
        const bool gained = free >= most + least_gain;
        if (!gained) ++without_gain;
        if (gained && !force) without_gain = 0;
        most = std::max(most, free);
    }
    if (shard.header.spare_count >= wanted) return Code::ok;
    return {Code::full, "no segment of shard " + std::to_string(shard.id) + " can be emptied (has " +
                            std::to_string(shard.header.segments.load()) + " and " + std::to_string(shard.header.spare_count) +
                            " spares)"};
}

namespace {

void shrink_by_one(Core& core, LockedShard& shard) {
    if (shard.header.spare_count <= segments::kReserve) empty_one(core, shard, false);
    if (shard.header.spare_count <= segments::kReserve) return;
    const std::uint32_t segment = segments::take_spare(shard);
    if (segment != kNoSegment) segments::release_segment(shard, segment);
}

}  // namespace

void keep_room_for_survivors(Core& core, LockedShard& shard, Queue queue, std::size_t bytes, bool& moved) {
    if (!takes_survivors_room(shard, queue, bytes)) return;
    moved = true;
    empty_one(core, shard, false);
}

Status make_room(Core& core, LockedShard& shard, Queue queue, std::size_t bytes, bool& moved) {
    for (int attempt = 0; attempt <= kPatience; ++attempt) {
        // Also after a try: what was kept of a victim may have opened a segment of this queue.
        if (segments::room_in(shard, queue) >= bytes) return Code::ok;
        if (segments::open_active(shard, queue, false)) {
            // The capacity was lowered, and whoever did it may have died over it: each new segment takes an old one along.
            if (!segments::over_capacity(shard.region)) return Code::ok;
            moved = true;
            shrink_by_one(core, shard);
            if (segments::room_in(shard, queue) >= bytes) return Code::ok;
            continue;
        }
        if (Status status = make_spares(core, shard, 1, moved); !status.ok()) return status;
    }
    return {Code::full, "no segment of shard " + std::to_string(shard.id) + " can be emptied (has " +
                            std::to_string(shard.header.segments.load()) + " and " + std::to_string(shard.header.spare_count) +
                            " spares)"};
}

void keep_pace(Core& core, LockedShard& shard, Queue queue, std::size_t bytes) {
    if (!pace_due(shard, queue)) return;
    if (!has_victim(shard)) {
        if (segments::claim_segment(shard)) return;
        if (average_segments(shard) > useful_segments(shard.header) + 2) return;  // the other shards' turn, when it is needed
        if (shard.header.spare_count < segments::kReserve || !pick_victim(core, shard, false)) return;
    }
    walk_victim(core, shard, bytes * kPace + 1024, segments::kReserve + 1);
}

}  // namespace larder::cache
