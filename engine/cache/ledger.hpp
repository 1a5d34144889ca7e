// The one way a slot changes: the redo note, the store that counts, the accounts, and the note gone again.
//
// A kill before the store leaves the old record, after it the new one. A kill before the note is gone again makes the next
// owner of the lock count the segments concerned anew (repair.hpp), so that the accounts are exact whatever happens.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/index/lookup.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/region/locked_shard.hpp"
#include "engine/region/record_access.hpp"
#include "engine/segments/log.hpp"

#include <vector>

namespace larder::cache {

using format::Slot;
using format::SlotWord;
using index::Found;
using region::LockedShard;
using region::RecordAt;

/// The skeleton of publish(): `settle_before` and `settle_next` take the old word's share off the accounts, and add the new
/// one's. Always inlined, as what follows: sets of every instruction set use it.
template <class SettleBefore, class SettleNext>
[[gnu::always_inline]] inline void change_slot(LockedShard& shard, Slot& slot, SlotWord before, SlotWord next,
                                               SettleBefore&& settle_before, SettleNext&& settle_next) {
    shard.header.note_old.store(format::without_hits(before), std::memory_order_relaxed);
    shard.header.note_new.store(format::without_hits(next), std::memory_order_relaxed);
    LARDER_FAULT_POINT("publish.noted");
    // Release: whoever sees the word sees the whole record behind it, and the note before it.
    slot.store(next, std::memory_order_release);
    LARDER_FAULT_POINT("publish.stored");
    std::atomic_signal_fence(std::memory_order_seq_cst);
    settle_before();
    LARDER_FAULT_POINT("publish.half_accounted");
    settle_next();
    std::atomic_signal_fence(std::memory_order_seq_cst);
    shard.header.note_old.store(0, std::memory_order_relaxed);
    shard.header.note_new.store(0, std::memory_order_relaxed);
}
/// One record more, or one less.
[[gnu::always_inline]] inline void count_record(LockedShard& shard, std::int64_t sign) noexcept {
    const std::uint64_t records = shard.header.records.load(std::memory_order_relaxed);
    shard.header.records.store(sign > 0 ? records + 1 : records - (records != 0), std::memory_order_relaxed);
}
/// A record's word, and what the accounts have of it; of an empty slot, zeros.
struct Share {
    SlotWord word = 0;
    format::SegmentEntry* segment = nullptr;
    std::uint32_t bytes = 0;
};
/// publish() where both shares are known, so that no record has to be looked at again. `before` is what is in the slot, or was
/// but for its hits.
template <bool kIsNew>
[[gnu::always_inline]] inline void publish_known(LockedShard& shard, Slot& slot, const Share& before, const Share& next) {
    auto take_off = [&] {
        if constexpr (!kIsNew) segments::add_live(shard.region, *before.segment, -std::int64_t{before.bytes});
    };
    auto add = [&] {
        segments::add_live(shard.region, *next.segment, std::int64_t{next.bytes});
        if constexpr (kIsNew) count_record(shard, +1);
    };
    change_slot(shard, slot, before.word, next.word, take_off, add);
}
/// Stores a record's word in a slot whose word has been kept in ShardHeader::displaced, and whose record stays on the accounts.
/// What is kept there is the redo note, too (repair.cpp).
[[gnu::always_inline]] inline void publish_displacing(LockedShard& shard, Slot& slot, const Share& next) {
    slot.store(next.word, std::memory_order_release);
    LARDER_FAULT_POINT("publish.displaced");
    std::atomic_signal_fence(std::memory_order_seq_cst);
    segments::add_live(shard.region, *next.segment, std::int64_t{next.bytes});
}
/// Adds (or takes off) the bytes of the record behind a word, and of its fragments.
void account_bytes(LockedShard& shard, SlotWord word, std::int64_t sign);
/// Whether a displaced word leads to the record (for a fragment: to its owner's record, which must list it).
bool is_displaced(const LockedShard& shard, const RecordAt& record);
/// Stores `next` in the slot (0: empties it) and settles the accounts. `next` gets the hits it says.
void publish(LockedShard& shard, Slot& slot, SlotWord next);
/// The slot that leads to this record (for a fragment: to its owner's record, which must list it), if it is live.
Found find_owner(LockedShard& shard, const RecordAt& record, std::uint64_t hash);
/// Sets a segment's live bytes to what a walk over it finds.
void recount_segment(LockedShard& shard, std::uint32_t segment);
/// The segments that the record behind a slot word, and its fragments, lie in.
std::vector<std::uint32_t> segments_of(LockedShard& shard, SlotWord word);

}  // namespace larder::cache
