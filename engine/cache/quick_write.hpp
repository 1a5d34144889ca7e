// The common set in one piece: a short simple record, while nobody holds its shard's lock and the active segment has room; and
// where the key's record has to be looked at, that is simple and has not expired. What is other than that goes the general way
// (writer.hpp), with no record changed before.
#pragma once

#include "engine/cache/displaced.hpp"
#include "engine/cache/evacuation.hpp"
#include "engine/cache/index_upkeep.hpp"
#include "engine/cache/ledger.hpp"
#include "engine/cache/record_writer.hpp"
#include "engine/cache/repair.hpp"
#include "engine/cache/writer.hpp"
#include "engine/index/chain.hpp"
#include "engine/index/growth.hpp"
#include "engine/index/lookup.hpp"
#include "engine/platform/clock.hpp"
#include "engine/platform/opaque.hpp"
#include "engine/region/shard_lock.hpp"
#include "engine/segments/ghosts.hpp"
#include "engine/segments/log.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder::cache::quick {

inline namespace LARDER_ISA {

/// The longest value that is stored so. Longer ones take long enough by themselves, and might be kept in fragments.
inline constexpr std::size_t kQuickValueBytes = 2048;
static_assert(kQuickValueBytes <= format::kMaxShortValueBytes && kQuickValueBytes <= format::kMinCapacity / 8);

/// Gives a shard's lock back at the end of a scope.
struct Release {
    region::ShardLock& lock;
    ~Release() { lock.release(); }
};

/// What a set is about.
struct Store {
    std::string_view key;
    std::string_view value;
    std::uint64_t hash;
    std::int64_t expires_at_ms;  ///< 0: never
    std::uint32_t bytes;         ///< that the record takes
};

/// What the key's chain has of it.
struct Standing {
    Slot* slot = nullptr;  ///< leads to the key's record; nullptr: none does
    Share share{};
    bool certain = true;  ///< false: a record with the key's tag is not simple, and may be the key's; or that has expired
};

/// What the record behind a slot with the key's tag is to the key.
inline Standing look_at(const LockedShard& shard, Slot& slot, SlotWord word, const Store& store) {
    Standing standing;
    const std::uint64_t offset = format::offset_of(word);
    format::RecordHead head;
    standing.certain = region::read_simple_head(shard.region, offset, head);
    if (!standing.certain) return standing;
    const std::byte* const its_key = shard.region.at(offset) + head.bytes();
    if (head.key_length() != store.key.size() || !platform::equals_shared(store.key.data(), its_key, store.key.size()))
        return standing;
    standing.certain = !head.expires() || !platform::has_expired(region::read_expiry(shard.region, offset));
    standing.slot = &slot;
    standing.share = {word, &shard.region.segment_at(offset), static_cast<std::uint32_t>(head.stored_bytes())};
    return standing;
}

inline Standing find_simple(LockedShard& shard, index::Bucket& home, const Store& store) {
    Standing standing;
    index::scan_chain(shard.region, shard.id, &home, format::tag_from_hash(store.hash), [&](Slot& slot, SlotWord word) {
        standing = look_at(shard, slot, word, store);
        return standing.slot != nullptr || !standing.certain;
    });
    return standing;
}

/// What seldom follows a set. Not inlined: the common way should not pay for it.
[[gnu::noinline]] inline void keep_up(Core& core, LockedShard& shard, const Store& store, Queue queue, bool is_new) {
    bound_shard_header(shard);
    shard.spared_hash = store.hash;
    if (is_new && index::split_due(shard)) {
        settle_displaced(core, shard);
        grow_index(core, shard);
    }
    keep_pace(core, shard, queue, store.bytes);
}

/// A record that stands behind the end of a queue's active segment, without its head: it may be left there. (With its head it
/// might pass for the record that is written there next, after a power cut, if that is the same key's.)
struct Draft {
    Queue queue{};
    segments::Place place{};
    Headless record{};
    SlotWord word = 0;
    bool pace_due = false;  ///< once the record is part of it
    explicit operator bool() const noexcept { return static_cast<bool>(place); }
};

/// None: no room.
inline Draft draft(const LockedShard& shard, Queue queue, const Store& store) {
    if (takes_survivors_room(shard, queue, store.bytes)) [[unlikely]]
        return {};
    const segments::Place place = segments::append_place(shard, queue, store.bytes);
    if (!place) [[unlikely]]
        return {};
    const Headless record = draft_simple(shard, place, store.key, store.value, store.hash, store.expires_at_ms);
    segments::prefetch_record_at(shard, record.offset + store.bytes);
    const std::uint64_t generation = shard.region.generation(place.segment).load(std::memory_order_relaxed);
    return {queue, place, record, format::make_slot(record.offset, generation, format::tag_from_hash(store.hash)),
            pace_due(shard, queue, store.bytes)};
}

/// Makes the draft part of its segment.
[[gnu::always_inline]] inline void append(LockedShard& shard, const Store& store, const Draft& draft) {
    write_head(shard, draft.record);
    segments::advance(draft.place, store.bytes, store.expires_at_ms);
    LARDER_FAULT_POINT("record.appended");
}

/// Counts what has been stored, and does what it makes due.
template <bool kIsNew>
[[gnu::always_inline]] inline void follow_up(Core& core, LockedShard& shard, const Store& store, const Draft& draft) {
    if constexpr (kIsNew)
        core.count(Count::sets);
    else
        core.tally.add_both(Count::sets, Count::replaced);
    if (draft.pace_due || (kIsNew && index::split_due(shard))) [[unlikely]]
        keep_up(core, shard, store, draft.queue, kIsNew);
}

/// Makes the draft part of its segment and leads the slot to it. `before`: what the slot leads to now; of an empty one, zeros.
template <bool kIsNew>
[[gnu::always_inline]] inline void put(Core& core, LockedShard& shard, const Store& store, const Draft& draft, Slot& slot,
                                       const Share& before) {
    append(shard, store, draft);
    publish_known<kIsNew>(shard, slot, before, {draft.word, draft.place.entry, store.bytes});
    follow_up<kIsNew>(core, shard, store, draft);
}

inline bool overwrite(Core& core, LockedShard& shard, const Store& store, const Standing& standing) {
    Draft next = draft(shard, segments::queue_of(*standing.share.segment), store);
    if (!next) [[unlikely]]
        return false;
    next.word |= format::hits_of(standing.share.word);
    put<false>(core, shard, store, next, *standing.slot, standing.share);
    return true;
}

/// The draft, if it is for this queue; else another one.
inline Draft draft_for(Core& core, const LockedShard& shard, Queue queue, const Store& store, const Draft& ahead) {
    if (ahead && ahead.queue == queue) [[likely]]
        return ahead;
    if (core.likely_queue.load(std::memory_order_relaxed) != queue) core.likely_queue.store(queue, std::memory_order_relaxed);
    return draft(shard, queue, store);
}

/// Overwriting, most likely: the only slot with the key's tag leads to its record. But that is not looked at; the word is kept
/// with the shard's displaced ones until some have gathered (displaced.hpp). So a set waits for nothing but its bucket.
/// REQUIRES: room for a displaced word. False: nothing was done.
inline bool displace(Core& core, LockedShard& shard, const Store& store, Slot& slot, const Draft& ahead) {
    const SlotWord word = slot.load(std::memory_order_relaxed);
    const std::uint64_t offset = format::offset_of(word);
    if (!shard.geometry().displaces || !shard.geometry().holds_records(offset)) [[unlikely]]
        return false;
    // Nothing that is displaced may lie in what is being emptied.
    if (shard.header.victim == shard.geometry().segment_of(offset)) [[unlikely]]
        return false;
    Draft next = draft_for(core, shard, segments::queue_at(shard, offset), store, ahead);
    if (!next) [[unlikely]]
        return false;
    next.word |= format::hits_of(word);
    const std::uint32_t count = displaced_count(shard);
    if (count == format::kDisplacedWordsPerShard) [[unlikely]]
        return false;
    append(shard, store, next);
    format::Displaced& kept = shard.header.displaced[count];
    kept.by_word.store(next.word, std::memory_order_relaxed);
    // Release: a reader may see the word here and not in its slot.
    kept.word.store(word, std::memory_order_release);
    shard.header.displaced_count = count + 1;
    LARDER_FAULT_POINT("displace.kept");
    publish_displacing(shard, slot, {next.word, next.place.entry, store.bytes});
    follow_up<false>(core, shard, store, next);
    return true;
}

/// An empty slot behind a full home bucket; nullptr when there is no room for a bucket more.
[[gnu::noinline]] inline Slot* find_empty_beyond(LockedShard& shard, index::Bucket& home) {
    bound_shard_header(shard);
    return index::find_empty_in(shard, home);
}

inline bool insert(Core& core, LockedShard& shard, const Store& store, index::Bucket& home, const Draft& ahead) {
    const bool comes_back = shard.header.has_ghosts != 0 && segments::has_ghost(shard, store.hash);
    const Queue queue = comes_back ? Queue::main : Queue::small;
    // First of all, since what follows leaves traces.
    const Draft next = draft_for(core, shard, queue, store, ahead);
    if (!next) [[unlikely]]
        return false;
    const unsigned empty = index::match_empty(home);
    Slot* const slot = empty != 0 ? &home.slots[static_cast<unsigned>(__builtin_ctz(empty))] : find_empty_beyond(shard, home);
    if (slot == nullptr) return false;
    if (comes_back) (void)queue_for_new(shard, store.hash, store.bytes);
    put<true>(core, shard, store, next, *slot, {});
    return true;
}

/// The key's bucket, as far as can be said before the lock is held. Nothing may be read there yet, but loaded.
inline void prefetch_home(const Core& core, std::uint32_t shard, std::uint64_t hash) noexcept {
    const auto directory = format::unpack_directory(core.region.shard(shard).directory.load(std::memory_order_relaxed));
    __builtin_prefetch(&index::main_bucket(core.region, shard, hash, directory.buckets), 1);
}

/// What the tags in a chain tell.
struct Sight {
    Slot* only = nullptr;  ///< the one slot in the chain that has the key's tag
    bool is_new = false;   ///< none has
};

inline Sight look_for(const LockedShard& shard, index::Bucket& home, std::uint16_t tag) noexcept {
    Sight sight;
    index::Bucket* bucket = &home;
    for (int hops = 0; hops < index::kMaxChain; ++hops) {
        const unsigned mask = index::match_tags(*bucket, tag);
        if (mask != 0) {
            if (sight.only != nullptr || !std::has_single_bit(mask)) [[unlikely]]
                return {};
            sight.only = &bucket->slots[static_cast<unsigned>(__builtin_ctz(mask))];
        }
        bucket = index::next_in_chain(shard.region, shard.id, *bucket);
        if (bucket == nullptr) return {sight.only, sight.only == nullptr};
    }
    return {};
}

/// False: no record has changed.
inline bool store_at_home(Core& core, LockedShard& shard, const Store& store) {
    const auto directory = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed));
    // A bucket without space must not be written to, whatever the directory says (INV-13).
    if (std::uint64_t{directory.buckets - 1} >= shard.header.main_buckets_committed.load(std::memory_order_relaxed)) [[unlikely]]
        return false;
    if (displaced_count(shard) == format::kDisplacedWordsPerShard) [[unlikely]]
        settle_displaced(core, shard);
    index::Bucket& home = index::main_bucket(shard.region, shard.id, store.hash, directory.buckets);
    if (shard.header.has_ghosts != 0) segments::prefetch_ghosts(shard, store.hash);
    // While the bucket is on its way.
    const Draft ahead = draft(shard, core.likely_queue.load(std::memory_order_relaxed), store);
    const Sight sight = look_for(shard, home, format::tag_from_hash(store.hash));
    if (sight.is_new) return insert(core, shard, store, home, ahead);
    if (sight.only != nullptr && displace(core, shard, store, *sight.only, ahead)) [[likely]]
        return true;
    // No key may get a second record whose first is hidden, but by being displaced in turn: recovery could not tell which is
    // later.
    if (shard.header.displaced_count != 0) settle_displaced(core, shard);
    const Standing standing = find_simple(shard, home, store);
    if (!standing.certain) [[unlikely]]
        return false;
    return standing.slot != nullptr ? overwrite(core, shard, store, standing) : insert(core, shard, store, home, {});
}

/// False: no record has changed, and the general way has to do it.
inline bool store_simple(Core& core, const Store& store) {
    const std::uint32_t id = core.geometry().shard_of(store.hash);
    prefetch_home(core, id, store.hash);
    region::ShardLock lock(core.region, id);
    if (!lock.take_if_free()) [[unlikely]]
        return false;
    const Release release{lock};
    LockedShard shard(core.region, id);
    return store_at_home(core, shard, store);
}

}  // namespace LARDER_ISA

}  // namespace larder::cache::quick
