#include "engine/index/chain.hpp"

#include "engine/index/overflow.hpp"
#include "engine/platform/fault_point.hpp"

#include <array>

namespace larder::index {

using format::Bucket;
using format::kSlotsPerBucket;
using format::Slot;
using region::LockedShard;

namespace {

bool has_records(const LockedShard& shard, const Bucket& bucket) noexcept {
    for (const Slot& slot : bucket.slots) {
        const SlotWord word = slot.load(std::memory_order_relaxed);
        if (!format::is_empty(word) && !format::is_link(word, shard.geometry())) return true;
    }
    return false;
}

// The record in the last slot gives way to the link and goes first into the new bucket: the one store that replaces the
// word by the link moves it, so no reader ever finds it in neither place.
Slot* extend(LockedShard& shard, Bucket& last) {
    Bucket* added = take_overflow(shard);
    if (added == nullptr) return nullptr;
    Slot& link = last.slots[kSlotsPerBucket - 1];
    added->slots[0].store(link.load(std::memory_order_relaxed), std::memory_order_release);
    LARDER_FAULT_POINT("chain.before_link");
    link.store(format::make_link(offset_in_file(shard, *added)), std::memory_order_release);
    return &added->slots[1];
}

}  // namespace

std::uint64_t offset_in_file(const LockedShard& shard, const Bucket& bucket) noexcept {
    return static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(&bucket) - shard.region.at(0));
}

Bucket& home_bucket(LockedShard& shard, std::uint64_t hash) noexcept {
    const auto directory = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed));
    return main_bucket(shard.region, shard.id, hash, directory.buckets);
}

Slot* find_empty(LockedShard& shard, std::uint64_t hash) { return find_empty_in(shard, home_bucket(shard, hash)); }

Slot* find_empty_in(LockedShard& shard, Bucket& main) {
    Bucket* bucket = &main;
    for (int hops = 0; hops < kMaxChain - 1; ++hops) {
        for (Slot& slot : bucket->slots) {
            if (format::is_empty(slot.load(std::memory_order_relaxed))) return &slot;
        }
        Bucket* next = next_in_chain(shard.region, shard.id, *bucket);
        if (next == nullptr) return extend(shard, *bucket);
        bucket = next;
    }
    return nullptr;
}

Found find_offset(LockedShard& shard, std::uint64_t hash, std::uint64_t offset) noexcept {
    Found found;
    scan_chain(shard.region, shard.id, &home_bucket(shard, hash), format::tag_from_hash(hash), [&](Slot& slot, SlotWord word) {
        if (format::offset_of(word) != offset) return false;
        found = {&slot, word};
        return true;
    });
    return found;
}

void drop_empty_overflow(LockedShard& shard, Bucket& main) noexcept {
    Bucket* previous = &main;
    for (int hops = 0; hops < kMaxChain; ++hops) {
        Bucket* bucket = next_in_chain(shard.region, shard.id, *previous);
        if (bucket == nullptr) return;
        if (has_records(shard, *bucket)) {
            previous = bucket;
            continue;
        }
        const Bucket* next = next_in_chain(shard.region, shard.id, *bucket);
        previous->slots[kSlotsPerBucket - 1].store(next == nullptr ? 0 : format::make_link(offset_in_file(shard, *next)),
                                                   std::memory_order_release);
        // A reader may be in the bucket that is about to serve another chain: its miss must not count.
        note_moved(shard);
        LARDER_FAULT_POINT("chain.unlinked");
        free_overflow(shard, *bucket);
    }
}

void pull_forward(LockedShard& shard, Bucket& main) noexcept {
    if (next_in_chain(shard.region, shard.id, main) == nullptr) return;
    bool moved = false;
    std::array<Slot*, kSlotsPerBucket> from{};
    unsigned count = 0;
    for_each_slot(shard.region, shard.id, next_in_chain(shard.region, shard.id, main), [&](Slot& slot, SlotWord word) {
        for (Slot& hole : main.slots) {
            if (count == from.size() || !format::is_empty(hole.load(std::memory_order_relaxed))) continue;
            hole.store(word, std::memory_order_release);
            from[count++] = &slot;
            moved = true;
            return;
        }
    });
    if (moved) note_moved(shard);
    LARDER_FAULT_POINT("chain.pulled");
    for (unsigned i = 0; i < count; ++i) from[i]->store(0, std::memory_order_release);
    drop_empty_overflow(shard, main);
}

void tidy_chain(LockedShard& shard, std::uint64_t hash) noexcept { pull_forward(shard, home_bucket(shard, hash)); }

}  // namespace larder::index
