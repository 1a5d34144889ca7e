#include "engine/cache/ledger.hpp"

#include "engine/index/chain.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/segments/log.hpp"

#include <algorithm>

namespace larder::cache {
namespace {

// Calls `visit(segment, bytes)` for the record behind a word, and for each of its fragments.
template <class Visit>
void for_each_share(const LockedShard& shard, SlotWord word, Visit&& visit) {
    RecordAt record;
    if (!region::read_record(shard.region, format::offset_of(word), record)) return;
    visit(shard.geometry().segment_of(record.offset), record.meta.stored_bytes());
    if (!record.meta.is(format::kFragmented)) return;
    for (std::uint32_t i = 0; i < record.meta.fragments; ++i) {
        RecordAt fragment;
        if (!region::read_record(shard.region, region::read_fragment(shard.region, record, i).offset, fragment)) continue;
        visit(shard.geometry().segment_of(fragment.offset), fragment.meta.stored_bytes());
    }
}

bool lists_fragment(const LockedShard& shard, const RecordAt& owner, std::uint64_t offset) {
    if (!owner.meta.is(format::kFragmented)) return false;
    for (std::uint32_t i = 0; i < owner.meta.fragments; ++i) {
        if (region::read_fragment(shard.region, owner, i).offset == offset) return true;
    }
    return false;
}

// Whether the word leads to the record, or for a fragment to its owner's record, which must list it.
bool leads_to(const LockedShard& shard, SlotWord word, const RecordAt& record) {
    if (!record.meta.is(format::kFragment)) return format::offset_of(word) == record.offset;
    RecordAt owner;
    return region::read_record(shard.region, format::offset_of(word), owner) && lists_fragment(shard, owner, record.offset);
}

void account(LockedShard& shard, SlotWord word, std::int64_t sign) {
    if (format::is_empty(word)) return;
    account_bytes(shard, word, sign);
    count_record(shard, sign);
}

}  // namespace

void account_bytes(LockedShard& shard, SlotWord word, std::int64_t sign) {
    auto add = [&](std::uint32_t segment, std::size_t bytes) {
        segments::add_live(shard.region, shard.region.segment(segment), sign * static_cast<std::int64_t>(bytes));
    };
    const std::uint64_t offset = format::offset_of(word);
    if (const std::size_t bytes = region::simple_bytes(shard.region, offset); bytes != 0) [[likely]]
        add(shard.geometry().segment_of(offset), bytes);
    else
        for_each_share(shard, word, add);
}

bool is_displaced(const LockedShard& shard, const RecordAt& record) {
    return std::any_of(shard.header.displaced.begin(), shard.header.displaced.end(), [&](const format::Displaced& displaced) {
        return leads_to(shard, displaced.word.load(std::memory_order_relaxed), record);
    });
}

void publish(LockedShard& shard, Slot& slot, SlotWord next) {
    const SlotWord before = slot.load(std::memory_order_relaxed);
    change_slot(
        shard, slot, before, next, [&] { account(shard, before, -1); }, [&] { account(shard, next, +1); });
}

Found find_owner(LockedShard& shard, const RecordAt& record, std::uint64_t hash) {
    if (!record.meta.is(format::kFragment)) return index::find_offset(shard, hash, record.offset);
    Found found;
    index::scan_chain(shard.region, shard.id, &index::home_bucket(shard, hash), format::tag_from_hash(hash),
                      [&](Slot& slot, SlotWord word) {
                          if (!leads_to(shard, word, record)) return false;
                          found = {&slot, word};
                          return true;
                      });
    return found;
}

void recount_segment(LockedShard& shard, std::uint32_t segment) {
    format::SegmentEntry& entry = shard.region.segment(segment);
    const std::uint64_t begin = shard.geometry().segment_at(segment);
    const std::uint64_t end = begin + std::min(entry.write_offset.load(std::memory_order_relaxed), shard.geometry().segment_size);
    std::uint64_t live = 0;
    RecordAt record;
    for (std::uint64_t at = begin; at < end && region::read_record(shard.region, at, record); at += record.meta.stored_bytes()) {
        if (find_owner(shard, record, region::owner_hash(shard.region, record)) || is_displaced(shard, record))
            live += record.meta.stored_bytes();
    }
    entry.live_bytes.store(static_cast<std::uint32_t>(live), std::memory_order_relaxed);
}

std::vector<std::uint32_t> segments_of(LockedShard& shard, SlotWord word) {
    std::vector<std::uint32_t> segments;
    if (format::is_empty(word)) return segments;
    for_each_share(shard, word, [&](std::uint32_t segment, std::size_t) { segments.push_back(segment); });
    return segments;
}

}  // namespace larder::cache
