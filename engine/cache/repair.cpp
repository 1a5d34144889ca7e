#include "engine/cache/repair.hpp"

#include "engine/cache/displaced.hpp"
#include "engine/cache/ledger.hpp"
#include "engine/index/growth.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/segments/log.hpp"

#include <algorithm>

namespace larder::cache {

using region::LockedShard;

namespace {

// Writes only what is wrong, which is next to never anything.
template <class Word>
Word bound(std::atomic<Word>& word, Word least, Word most) noexcept {
    const Word value = word.load(std::memory_order_relaxed);
    const Word within = std::clamp(value, least, most);
    if (within != value) word.store(within, std::memory_order_relaxed);
    return within;
}

}  // namespace

void bound_shard_header(LockedShard& shard) noexcept {
    format::ShardHeader& h = shard.header;
    const std::uint64_t range = shard.geometry().buckets_per_shard;
    const std::uint64_t main = bound<std::uint64_t>(h.main_buckets_committed, format::kFirstBuckets, range);
    const std::uint64_t overflow = bound<std::uint64_t>(h.overflow_buckets_committed, 0, range - main);
    bound<std::uint64_t>(h.overflow_used, 0, overflow);
    h.victim_queue = format::index_of(format::queue_in(h.victim_queue));
    auto directory = format::unpack_directory(h.directory.load(std::memory_order_relaxed));
    const std::uint32_t buckets = std::clamp<std::uint32_t>(directory.buckets, 1, static_cast<std::uint32_t>(main));
    if (buckets == directory.buckets) return;
    directory.buckets = buckets;
    h.directory.store(format::pack_directory(directory), std::memory_order_release);
}

void repair_shard(Core&, LockedShard& shard) {
    LARDER_FAULT_POINT("repair.begin");
    bound_shard_header(shard);
    index::scrub_last_split(shard);
    index::recount_index(shard);
    index::give_back_gap(shard);
    LARDER_FAULT_POINT("repair.index_done");
    segments::rebuild_queues(shard);
    note_last_displaced(shard);
    LARDER_FAULT_POINT("repair.displaced_noted");
    forget_undisplaced(shard);
    const SlotWord note_old = shard.header.note_old.load(std::memory_order_relaxed);
    const SlotWord note_new = shard.header.note_new.load(std::memory_order_relaxed);
    for (const SlotWord word : {note_old, note_new}) {
        for (const std::uint32_t segment : segments_of(shard, word)) recount_segment(shard, segment);
    }
    LARDER_FAULT_POINT("repair.recounted");
    shard.header.note_old.store(0, std::memory_order_relaxed);
    shard.header.note_new.store(0, std::memory_order_relaxed);
}

}  // namespace larder::cache
