#include "engine/cache/displaced.hpp"

#include "engine/cache/ledger.hpp"
#include "engine/cache/repair.hpp"
#include "engine/cache/shard_guard.hpp"
#include "engine/index/chain.hpp"
#include "engine/index/overflow.hpp"
#include "engine/platform/fault_point.hpp"

#include <string>
#include <string_view>

namespace larder::cache {
namespace {

using format::Displaced;

// All at once: this is what waiting for it was put off for.
void prefetch(const LockedShard& shard, std::uint32_t count) noexcept {
    for (std::uint32_t i = 0; i < count; ++i) {
        const Displaced& displaced = shard.header.displaced[i];
        const std::uint64_t offset = format::offset_of(displaced.word.load(std::memory_order_relaxed));
        if (!shard.geometry().holds_records(offset)) continue;
        __builtin_prefetch(shard.region.at(offset));
        __builtin_prefetch(&shard.region.segment_at(offset), 1);
        __builtin_prefetch(shard.region.at(format::offset_of(displaced.by_word.load(std::memory_order_relaxed))));
    }
}

void forget(Displaced& displaced) noexcept {
    // Release: who misses a word here sees the record moved to where it is now (INV-19).
    displaced.word.store(0, std::memory_order_release);
    displaced.by_word.store(0, std::memory_order_relaxed);
}

// A kill in between has the segment counted anew, because of the note, as change_slot() does.
template <class Account>
void take_off(LockedShard& shard, Displaced& displaced, SlotWord word, Account&& account) {
    shard.header.note_old.store(format::without_hits(word), std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    forget(displaced);
    LARDER_FAULT_POINT("displaced.forgotten");
    account();
    std::atomic_signal_fence(std::memory_order_seq_cst);
    shard.header.note_old.store(0, std::memory_order_relaxed);
}

void take_off(LockedShard& shard, Displaced& displaced, SlotWord word) {
    take_off(shard, displaced, word, [&] { account_bytes(shard, word, -1); });
}

// What most are: a simple record of the same key as the one that displaced it. False: it is not, and nothing was done.
bool take_off_simple(LockedShard& shard, Displaced& displaced, SlotWord word) {
    const region::Region& region = shard.region;
    const std::uint64_t offset = format::offset_of(word);
    const std::uint64_t by_offset = format::offset_of(displaced.by_word.load(std::memory_order_relaxed));
    format::RecordHead head;
    format::RecordHead by_head;
    if (!region::read_simple_head(region, offset, head) || !region::read_simple_head(region, by_offset, by_head) ||
        head.key_length() != by_head.key_length() ||
        !platform::equals_shared(region.at(offset) + head.bytes(), region.at(by_offset) + by_head.bytes(), head.key_length()))
        return false;
    take_off(shard, displaced, word,
             [&] { segments::add_live(region, region.segment_at(offset), -static_cast<std::int64_t>(head.stored_bytes())); });
    return true;
}

// False only of what is damaged.
bool belongs_here(const LockedShard& shard, SlotWord word, RecordAt& record, std::uint64_t& hash) {
    if (!region::read_record(shard.region, format::offset_of(word), record)) return false;
    hash = region::owner_hash(shard.region, record);
    return shard.geometry().shard_of(hash) == shard.id && format::tag_from_hash(hash) == format::tag_of(word);
}

bool has_successor(const LockedShard& shard, index::Bucket& home, SlotWord word) {
    return index::scan_chain(shard.region, shard.id, &home, format::tag_of(word),
                             [&](Slot&, SlotWord other) { return region::same_key(shard.region, word, other); });
}

// Takes the earlier displaced words of the same key off. Once the latest is gone, nobody could tell them from what is alive.
void take_off_earlier(LockedShard& shard, const Displaced& displaced, SlotWord word) {
    for (Displaced* earlier = shard.header.displaced.data(); earlier != &displaced; ++earlier) {
        const SlotWord other = earlier->word.load(std::memory_order_relaxed);
        if (region::same_key(shard.region, word, other)) take_off(shard, *earlier, other);
    }
}

// A word of another key than what displaced it. Its key may have been set again since.
void bring_back(Core& core, LockedShard& shard, Displaced& displaced, SlotWord word) {
    RecordAt record;
    std::uint64_t hash = 0;
    if (!belongs_here(shard, word, record, hash)) return forget(displaced);
    bound_shard_header(shard);
    index::Bucket& home = index::home_bucket(shard, hash);
    bool is_back = false;
    if (!has_successor(shard, home, word)) {
        core.count(Count::unreplaced);
        Slot* const slot = index::find_empty_in(shard, home);
        is_back = slot != nullptr;
        if (is_back) {
            slot->store(word, std::memory_order_release);
            LARDER_FAULT_POINT("displaced.copied_back");
            count_record(shard, +1);
        } else {
            core.count(Count::evictions);
        }
    }
    // A reader that has been through the chain before finds it nowhere now, and has to look again.
    index::note_moved(shard);
    if (is_back) return forget(displaced);
    take_off_earlier(shard, displaced, word);
    take_off(shard, displaced, word);
}

// What displaced a word is in its chain with the same tag: most chains need no more than that look.
bool has_tag(const region::Region& region, std::uint32_t shard, std::uint32_t bucket, SlotWord word) noexcept {
    return index::scan_chain(region, shard, &region.bucket(shard, bucket), format::tag_of(word),
                             [](Slot&, SlotWord) { return true; });
}

// These two for those without the lock: of a private copy of the key, whatever becomes of the record.
bool copy_key_of(const region::Region& region, SlotWord word, std::string& key) {
    RecordAt record;
    return region::read_record(region, format::offset_of(word), record) && region::copy_key(region, record, key);
}

bool is_of_key(const region::Region& region, SlotWord word, std::string_view key) {
    RecordAt record;
    return region::read_record(region, format::offset_of(word), record) && region::has_key(region, record, key);
}

}  // namespace

void settle_displaced(Core& core, LockedShard& shard) {
    const std::uint32_t count = displaced_count(shard);
    prefetch(shard, count);
    // The latest first: of two words of one key, displaced by another's, the later one comes back.
    for (std::uint32_t i = count; i-- > 0;) {
        Displaced& displaced = shard.header.displaced[i];
        const SlotWord word = displaced.word.load(std::memory_order_relaxed);
        if (format::is_empty(word)) continue;
        if (take_off_simple(shard, displaced, word)) [[likely]]
            continue;
        if (region::same_key(shard.region, word, displaced.by_word.load(std::memory_order_relaxed)))
            take_off(shard, displaced, word);
        else
            bring_back(core, shard, displaced, word);
    }
    shard.header.displaced_count = 0;
}

void note_last_displaced(LockedShard& shard) noexcept {
    const std::uint32_t count = displaced_count(shard);
    if (count == 0 || shard.header.note_old.load(std::memory_order_relaxed) != 0 ||
        shard.header.note_new.load(std::memory_order_relaxed) != 0)
        return;
    const Displaced& last = shard.header.displaced[count - 1];
    shard.header.note_old.store(format::without_hits(last.word.load(std::memory_order_relaxed)), std::memory_order_relaxed);
    shard.header.note_new.store(format::without_hits(last.by_word.load(std::memory_order_relaxed)), std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

void forget_undisplaced(LockedShard& shard) {
    for (Displaced& displaced : shard.header.displaced) {
        if (is_undisplaced(shard, displaced.word.load(std::memory_order_relaxed))) forget(displaced);
    }
    shard.header.displaced_count = format::kDisplacedWordsPerShard;
}

bool is_undisplaced(LockedShard& shard, SlotWord word) {
    RecordAt record;
    return !region::read_record(shard.region, format::offset_of(word), record) ||
           index::find_offset(shard, region::owner_hash(shard.region, record), record.offset);
}

ChainWatch::ChainWatch(const region::Region& region, std::uint32_t shard, std::uint32_t bucket)
    : region_(region),
      shard_(shard),
      bucket_(bucket),
      directory_(region.shard(shard).directory.load(std::memory_order_acquire)),
      displaced_(displaced()) {}

bool ChainWatch::is_same() const {
    // The directory last: it tells of words that were forgotten before they could be looked at.
    if (displaced() != displaced_) return false;
    std::atomic_thread_fence(std::memory_order_acquire);
    return region_.shard(shard_).directory.load(std::memory_order_relaxed) == directory_;
}

// Those that may be of the chain and were displaced by another key's, without their hits.
std::vector<SlotWord> ChainWatch::displaced() const {
    std::vector<SlotWord> words;
    std::string key;
    for (const Displaced& displaced : region_.shard(shard_).displaced) {
        const SlotWord word = displaced.word.load(std::memory_order_acquire);
        if (format::is_empty(word) || !has_tag(region_, shard_, bucket_, word) ||
            (copy_key_of(region_, word, key) && is_of_key(region_, displaced.by_word.load(std::memory_order_relaxed), key)))
            continue;
        words.push_back(format::without_hits(word));
    }
    return words;
}

std::vector<Found> hidden_words(const region::Region& region, std::uint32_t shard, std::uint32_t bucket) {
    std::vector<Found> hidden;
    std::string key;
    const std::uint32_t buckets = index::bounded_buckets(region, shard);
    auto& displaced = region.shard(shard).displaced;
    for (std::size_t i = displaced.size(); i-- > 0;) {
        const SlotWord word = displaced[i].word.load(std::memory_order_acquire);
        if (format::is_empty(word) || !has_tag(region, shard, bucket, word) || !copy_key_of(region, word, key) ||
            format::bucket_of(region.hash(key), buckets) != bucket ||
            is_of_key(region, displaced[i].by_word.load(std::memory_order_relaxed), key))
            continue;
        // The very same word is on its way back: who has been through the chain before may have missed it.
        auto is_newer = [&](Slot&, SlotWord other) {
            return format::offset_of(other) != format::offset_of(word) && is_of_key(region, other, key);
        };
        auto is_later = [&](const Found& later) { return is_of_key(region, later.word, key); };
        if (!index::scan_chain(region, shard, &region.bucket(shard, bucket), format::tag_of(word), is_newer) &&
            std::none_of(hidden.begin(), hidden.end(), is_later))
            hidden.push_back({&displaced[i].word, word});
    }
    return hidden;
}

void settle_all_displaced(Core& core, Patience patience) {
    for (std::uint32_t i = 0; i < core.geometry().shard_count; ++i) {
        if (core.region.shard(i).displaced_count == 0) continue;
        // The guard settles as it takes the lock.
        if (patience == Patience::wait)
            const ShardGuard guard(core, i);
        else
            (void)ShardGuard::try_lock(core, i);
    }
}

}  // namespace larder::cache
