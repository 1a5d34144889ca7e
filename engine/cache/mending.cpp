#include "engine/cache/mending.hpp"

#include "engine/cache/directory_mending.hpp"
#include "engine/cache/ledger.hpp"
#include "engine/cache/record_check.hpp"
#include "engine/cache/shard_guard.hpp"
#include "engine/index/chain.hpp"
#include "engine/index/growth.hpp"
#include "engine/index/overflow.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/region/space.hpp"
#include "engine/segments/log.hpp"
#include "engine/segments/pool.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace larder::cache {
namespace {

using format::kNoSegment;
using format::SegmentUse;

// Of one segment: what the slots that stay lead to.
struct Use {
    std::uint64_t live = 0;
    std::uint64_t end = 0;  // of the last part, from the segment's beginning
};

bool holds_records(std::uint32_t state) noexcept {
    return format::use_of(state) == SegmentUse::small || format::use_of(state) == SegmentUse::main;
}

bool is_mine(const LockedShard& shard, std::uint32_t segment) noexcept {
    const std::uint32_t state = shard.region.segment(segment).state.load(std::memory_order_relaxed);
    return segment < shard.region.segments_known() && holds_records(state) && format::shard_of_state(state) == shard.id;
}

// The header may have forgotten of segments that it should know of.
bool make_known(LockedShard& shard, std::uint32_t segment) {
    auto& known = shard.region.header().segments_known;
    std::uint32_t now = known.load(std::memory_order_relaxed);
    if (segment < now) return true;
    const std::uint64_t page = shard.geometry().segment_entry_at(segment) & ~(format::kPageBytes - 1);
    if (!shard.region.file().commit(page, format::kPageBytes).ok()) return false;
    while (now <= segment && !known.compare_exchange_weak(now, segment + 1, std::memory_order_acq_rel)) {
    }
    return true;
}

// Makes a segment that the record behind `word` lies in the shard's own again, if its state says that it is free, a spare, or
// nonsense. False where another shard may be writing to it.
bool take_back(LockedShard& shard, std::uint32_t segment, SlotWord word) {
    if (!make_known(shard, segment)) return false;
    auto& entry = shard.region.segment(segment);
    std::uint32_t state = entry.state.load(std::memory_order_acquire);
    const std::uint32_t owner = format::shard_of_state(state);
    const bool in_use = format::use_of(state) == SegmentUse::spare || holds_records(state);
    if (in_use && owner != shard.id && owner < shard.geometry().shard_count) return false;
    // If this is cut off before the segment's live bytes are counted, the note has them counted by whoever goes on: a segment
    // that counts as dead would be filled again unseen. Before the segment is ours its count is another's.
    shard.header.note_old.store(format::without_hits(word), std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (!entry.state.compare_exchange_strong(state, format::make_segment_state(SegmentUse::small, shard.id),
                                             std::memory_order_acq_rel, std::memory_order_relaxed))
        return false;
    LARDER_FAULT_POINT("mend.taken_back");
    entry.live_bytes.store(shard.geometry().segment_size, std::memory_order_relaxed);
    return segments::commit_segment(shard, segment);
}

class ShardMending {
  public:
    ShardMending(LockedShard& shard, RecordCheck& check, Repair& repair)
        : shard_(shard), check_(check), repair_(repair), buckets_(index::bounded_buckets(shard.region, shard.id)) {}

    void run() {
        LARDER_FAULT_POINT("mend.begin");
        const std::uint64_t counted = shard_.header.records.load(std::memory_order_relaxed);
        const std::uint32_t known = buckets_;
        // Before overflow buckets are freed because no bucket that is known of leads to them.
        if (correct_directory(shard_, [](std::uint32_t) { return true; })) {
            LARDER_FAULT_POINT("mend.directory");
            ++repair_.recounted;
            buckets_ = index::bounded_buckets(shard_.region, shard_.id);
        }
        // Cuts links that lead into another chain or round in a circle: what is looked at below is each slot once.
        index::recount_index(shard_);
        for (std::uint32_t i = 0; i < std::max(buckets_, known); ++i) drop_broken(i);
        LARDER_FAULT_POINT("mend.broken_dropped");
        for (std::uint32_t i = 0; i < buckets_; ++i) {
            drop_superseded(i);
            index::drop_empty_overflow(shard_, shard_.region.bucket(shard_.id, i));
        }
        index::recount_index(shard_);
        LARDER_FAULT_POINT("mend.index_done");
        const std::uint64_t records = shard_.header.records.load(std::memory_order_relaxed);
        // Each dropped slot was counted, or the count was wrong before.
        repair_.recounted += records + dropped_ != counted;
        repair_.records += records;
        recount_segments();
        LARDER_FAULT_POINT("mend.recounted");
        const std::uint32_t owned = shard_.header.segments.load(std::memory_order_relaxed);
        segments::rebuild_queues(shard_);
        repair_.recounted += shard_.header.segments.load(std::memory_order_relaxed) != owned;
        shard_.header.note_old.store(0, std::memory_order_relaxed);
        shard_.header.note_new.store(0, std::memory_order_relaxed);
    }

  private:
    template <class Visit>
    void for_each_slot(std::uint32_t bucket, Visit&& visit) {
        index::for_each_slot(shard_.region, shard_.id, &shard_.region.bucket(shard_.id, bucket), std::forward<Visit>(visit));
    }

    // Not by publish(): where a broken word leads may be another shard's, whose accounts are not ours to settle.
    void drop(Slot& slot) noexcept {
        slot.store(0, std::memory_order_release);
        ++dropped_;
    }

    bool is_whole(std::uint32_t bucket, SlotWord word) {
        if (check_.problem(shard_.id, buckets_, bucket, word)) return false;
        bool taken_back = false;
        for (const std::uint32_t segment : segments_of(shard_, word)) {
            if (is_mine(shard_, segment)) continue;
            if (!take_back(shard_, segment, word)) return false;
            taken_back = true;
        }
        if (taken_back) ++repair_.recounted;
        // Until it was ours, another shard may have begun to use it.
        return !taken_back || !check_.problem(shard_.id, buckets_, bucket, word);
    }

    void drop_broken(std::uint32_t bucket) {
        for_each_slot(bucket, [&](Slot& slot, SlotWord word) {
            if (is_whole(bucket, word) || bring_home(slot, bucket, word)) return;
            drop(slot);
            ++repair_.lost;
        });
    }

    // A whole record in a bucket where nobody looks for it, since the directory is, or was, wrong.
    bool bring_home(Slot& slot, std::uint32_t bucket, SlotWord word) {
        RecordAt record;
        if (!region::read_record(shard_.region, format::offset_of(word), record) || record.meta.key_length == 0) return false;
        const std::uint64_t hash = region::owner_hash(shard_.region, record);
        const std::uint32_t home = format::bucket_of(hash, buckets_);
        if (home == bucket || !is_whole(home, word)) return false;
        if (!index::find_offset(shard_, hash, record.offset)) {
            Slot* place = index::find_empty_in(shard_, shard_.region.bucket(shard_.id, home));
            if (place == nullptr) return false;
            place->store(word, std::memory_order_release);
        }
        index::note_moved(shard_);
        LARDER_FAULT_POINT("mend.brought_home");
        slot.store(0, std::memory_order_release);
        ++repair_.recounted;
        return true;
    }

    // Two slots of one key: the later written stays.
    void drop_superseded(std::uint32_t bucket) {
        struct Seen {
            std::string key;
            std::pair<std::uint64_t, std::uint64_t> age;
            Slot* slot;
        };
        std::vector<Seen> seen;
        for_each_slot(bucket, [&](Slot& slot, SlotWord word) {
            RecordAt record;
            std::string key;
            if (!region::read_record(shard_.region, format::offset_of(word), record) ||
                !region::copy_key(shard_.region, record, key))
                return;
            const std::uint32_t segment = shard_.geometry().segment_of(record.offset);
            const std::pair age(shard_.region.generation(segment).load(std::memory_order_relaxed), record.offset);
            const auto twin = std::find_if(seen.begin(), seen.end(), [&](const Seen& other) { return other.key == key; });
            if (twin == seen.end()) return seen.push_back({std::move(key), age, &slot});
            const bool newer = age > twin->age;
            drop(newer ? *twin->slot : slot);
            ++repair_.superseded;
            if (newer) *twin = {std::move(key), age, &slot};
        });
    }

    std::vector<Use> count_uses() {
        std::vector<Use> uses(shard_.geometry().segment_count);
        for (std::uint32_t i = 0; i < buckets_; ++i) {
            for_each_slot(i, [&](Slot&, SlotWord word) {
                RecordAt record;
                if (!region::read_record(shard_.region, format::offset_of(word), record)) return;
                for_each_part(shard_.region, record, [&](const RecordAt& part) {
                    const std::uint32_t segment = shard_.geometry().segment_of(part.offset);
                    const std::uint64_t end = part.offset + part.meta.stored_bytes() - shard_.geometry().segment_at(segment);
                    uses[segment].live += part.meta.stored_bytes();
                    uses[segment].end = std::max(uses[segment].end, end);
                });
            });
        }
        return uses;
    }

    void recount_segments() {
        const std::vector<Use> uses = count_uses();
        for (std::uint32_t i = 0; i < shard_.region.segments_known(); ++i) {
            if (!is_mine(shard_, i)) continue;
            auto& entry = shard_.region.segment(i);
            const auto live = static_cast<std::uint32_t>(std::min<std::uint64_t>(uses[i].live, shard_.geometry().segment_size));
            repair_.recounted += entry.live_bytes.exchange(live, std::memory_order_relaxed) != live;
            const std::uint32_t written = entry.write_offset.load(std::memory_order_relaxed);
            if (written >= uses[i].end && written <= shard_.geometry().segment_size) continue;
            // Where to go on writing is not known any more: nothing is appended to it until it has been emptied.
            entry.write_offset.store(static_cast<std::uint32_t>(uses[i].end), std::memory_order_relaxed);
            for (auto& ends : shard_.header.queues) {
                if (ends.active == i) ends.active = kNoSegment;
            }
            ++repair_.recounted;
        }
    }

    LockedShard& shard_;
    RecordCheck& check_;
    Repair& repair_;
    std::uint32_t buckets_;
    std::uint64_t dropped_ = 0;
};

}  // namespace

Result<Repair> mend(Core& core, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const std::uint64_t total = region::space_in_use(core.region).segments;
    RecordCheck check(core);
    Repair repair;
    for (std::uint32_t id = 0; id < core.geometry().shard_count; ++id) {
        ShardGuard guard(core, id);
        if (!guard.status().ok()) return guard.status();
        ShardMending(*guard, check, repair).run();
        if (progress) progress(std::min(check.bytes(), total), total);
    }
    if (progress) progress(total, total);
    return repair;
}

}  // namespace larder::cache
