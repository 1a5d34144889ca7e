// The common set in one piece: a short simple record, while nobody holds its shard's lock, the key's record (if there is one) is
// simple and has not expired, and the active segment has room. What is other than that goes the general way (writer.hpp), with
// no record changed before.
#pragma once

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
#include "engine/region/shard_lock.hpp"
#include "engine/segments/ghosts.hpp"
#include "engine/segments/log.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder::cache::quick {

inline namespace LARDER_ISA {

/// The longest value that is stored so. Longer ones take long enough by themselves, and might be kept in fragments.
inline constexpr std::size_t kQuickValueBytes = 2048;
static_assert(kQuickValueBytes <= format::kMaxShortValueBytes && kQuickValueBytes <= format::kMinCapacity / 8);

/// A shard's lock, if nobody held it, for a scope.
class FreeLock {
  public:
    FreeLock(const Core& core, std::uint32_t shard) noexcept : lock_(core.region, shard), taken_(lock_.take_if_free()) {}
    FreeLock(const FreeLock&) = delete;
    FreeLock& operator=(const FreeLock&) = delete;
    ~FreeLock() {
        if (taken_) lock_.release();
    }
    explicit operator bool() const noexcept { return taken_; }

  private:
    region::ShardLock lock_;
    bool taken_;
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

inline Standing find_simple(LockedShard& shard, index::Bucket& home, const Store& store) {
    Standing standing;
    index::scan_chain(shard.region, shard.id, &home, format::tag_from_hash(store.hash), [&](Slot& slot, SlotWord word) {
        const std::uint64_t offset = format::offset_of(word);
        format::RecordHead head;
        standing.certain = region::read_simple_head(shard.region, offset, head);
        if (!standing.certain) return true;
        const std::byte* const its_key = shard.region.at(offset) + head.bytes();
        if (head.key_length() != store.key.size() || !platform::equals_shared(store.key.data(), its_key, store.key.size()))
            return false;
        standing.certain = !head.expires() || !platform::has_expired(region::read_expiry(shard.region, offset));
        standing.slot = &slot;
        standing.share = {word, shard.geometry().segment_of(offset), static_cast<std::uint32_t>(head.stored_bytes())};
        return true;
    });
    return standing;
}

/// What seldom follows a set. Not inlined: the common way should not pay for it.
[[gnu::noinline]] inline void keep_up(Core& core, LockedShard& shard, const Store& store, Queue queue, bool is_new) {
    bound_shard_header(shard);
    shard.spared_hash = store.hash;
    if (is_new && index::split_due(shard)) grow_index(core, shard);
    keep_pace(core, shard, queue, store.bytes);
}

/// The general way, with the lock that is held.
[[gnu::noinline]] inline Status store_otherwise(Core& core, LockedShard& shard, const Store& store) {
    bound_shard_header(shard);
    const Ttl ttl = store.expires_at_ms != 0 ? Ttl::at(store.expires_at_ms) : Ttl::never();
    return store_locked(core, shard, {store.key, store.value, {ttl, 0}}, store.hash, nullptr);
}

/// Begins to load the lines where the queue's next record goes.
inline void prefetch_next(const LockedShard& shard, std::uint64_t end) noexcept {
    constexpr std::uint64_t kLine = 64;
    for (std::uint64_t i = 0; i < 3; ++i) __builtin_prefetch(shard.region.at(end) + i * kLine, 1);
}

/// Where the record goes. None: no room.
inline segments::Place find_place(const LockedShard& shard, Queue queue, const Store& store) noexcept {
    return survivors_need_room(shard) ? segments::Place{} : segments::append_place(shard, queue, store.bytes);
}

/// Appends the record and leads the slot to it. REQUIRES: what find_place() found for it in this queue.
inline void put(Core& core, LockedShard& shard, const Store& store, Queue queue, const segments::Place& place, Slot& slot,
                const Share& before) {
    const std::uint64_t offset = append_simple(shard, place, store.key, store.value, store.hash, store.expires_at_ms);
    const SlotWord word = word_for(shard, offset, store.hash, before.word != 0 ? format::hits_of(before.word) : 0);
    publish_known(shard, slot, before, {word, place.segment, store.bytes});
    core.count(Count::sets);
    if (before.word != 0) core.count(Count::replaced);
    prefetch_next(shard, offset + store.bytes);
    if ((before.word == 0 && index::split_due(shard)) || pace_due(shard, queue)) [[unlikely]]
        keep_up(core, shard, store, queue, before.word == 0);
}

inline bool overwrite(Core& core, LockedShard& shard, const Store& store, const Standing& standing) {
    const Queue queue = segments::queue_of(shard.region, standing.share.segment);
    const segments::Place place = find_place(shard, queue, store);
    if (!place) [[unlikely]]
        return false;
    put(core, shard, store, queue, place, *standing.slot, standing.share);
    return true;
}

/// An empty slot behind a full home bucket; nullptr when there is no room for a bucket more.
[[gnu::noinline]] inline Slot* find_empty_beyond(LockedShard& shard, index::Bucket& home) {
    bound_shard_header(shard);
    return index::find_empty_in(shard, home);
}

inline bool insert(Core& core, LockedShard& shard, const Store& store, index::Bucket& home) {
    const bool comes_back = shard.header.has_ghosts != 0 && segments::has_ghost(shard, store.hash);
    const Queue queue = comes_back ? Queue::main : Queue::small;
    // First of all, since what follows leaves traces.
    const segments::Place place = find_place(shard, queue, store);
    if (!place) [[unlikely]]
        return false;
    const unsigned empty = index::match_empty(home);
    Slot* const slot = empty != 0 ? &home.slots[static_cast<unsigned>(__builtin_ctz(empty))] : find_empty_beyond(shard, home);
    if (slot == nullptr) return false;
    if (comes_back) (void)queue_for_new(shard, store.hash, store.bytes);
    put(core, shard, store, queue, place, *slot, {});
    return true;
}

/// False: no record has changed.
inline bool store_at_home(Core& core, LockedShard& shard, const Store& store) {
    const auto directory = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed));
    // A bucket without space must not be written to, whatever the directory says (INV-13).
    if (std::uint64_t{directory.buckets - 1} >= shard.header.main_buckets_committed.load(std::memory_order_relaxed)) [[unlikely]]
        return false;
    index::Bucket& home = index::main_bucket(shard.region, shard.id, store.hash, directory.buckets);
    if (shard.header.has_ghosts != 0) segments::prefetch_ghosts(shard, store.hash);
    const Standing standing = find_simple(shard, home, store);
    if (!standing.certain) [[unlikely]]
        return false;
    return standing.slot != nullptr ? overwrite(core, shard, store, standing) : insert(core, shard, store, home);
}

/// False: the lock is not free, and nothing was done. Else `status` is the answer.
inline bool store_simple(Core& core, std::string_view key, std::string_view value, std::uint64_t hash, std::int64_t expires_at_ms,
                         Status& status) {
    const FreeLock lock(core, core.geometry().shard_of(hash));
    if (!lock) [[unlikely]]
        return false;
    LockedShard shard(core.region, core.geometry().shard_of(hash));
    const std::size_t bytes = format::simple_record_bytes(key.size(), value.size(), expires_at_ms != 0);
    const Store store{key, value, hash, expires_at_ms, static_cast<std::uint32_t>(bytes)};
    if (!store_at_home(core, shard, store)) [[unlikely]]
        status = store_otherwise(core, shard, store);
    return true;
}

}  // namespace LARDER_ISA

}  // namespace larder::cache::quick
