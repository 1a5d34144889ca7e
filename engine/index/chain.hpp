// Changes to one chain of buckets, by the owner of the shard's lock.
#pragma once

#include "engine/index/lookup.hpp"
#include "engine/region/locked_shard.hpp"

#include <cstdint>

namespace larder::index {

/// Where a bucket lies in the file: what a link to it says.
std::uint64_t offset_in_file(const region::LockedShard& shard, const format::Bucket& bucket) noexcept;
/// The main bucket of a hash, as the directory stands.
format::Bucket& home_bucket(region::LockedShard& shard, std::uint64_t hash) noexcept;
/// An empty slot in the chain of `hash`, extended by an overflow bucket if need be; nullptr when there is no room for one.
format::Slot* find_empty(region::LockedShard& shard, std::uint64_t hash);
/// As above, in the chain of the given main bucket.
format::Slot* find_empty_in(region::LockedShard& shard, format::Bucket& main);
/// The slot that leads to the record at `offset`, whose key has `hash`.
Found find_offset(region::LockedShard& shard, std::uint64_t hash, std::uint64_t offset) noexcept;
/// Moves words from the overflow buckets into holes of the main bucket, so that most lookups end there, and frees what has
/// become empty. Slots found before may be elsewhere after.
void pull_forward(region::LockedShard& shard, format::Bucket& main) noexcept;
/// The same for the chain of `hash`: after a record of it was dropped.
void tidy_chain(region::LockedShard& shard, std::uint64_t hash) noexcept;
/// Unlinks and frees the overflow buckets of a chain that have become empty.
void drop_empty_overflow(region::LockedShard& shard, format::Bucket& main) noexcept;

/// Calls `visit(slot, word)` for each slot of a chain that leads to a record (links and empty ones left out).
template <class Visit>
void for_each_slot(const region::Region& region, std::uint32_t shard, format::Bucket* bucket, Visit&& visit) {
    for (int hops = 0; bucket != nullptr && hops < kMaxChain; ++hops) {
        format::Bucket* next = next_in_chain(region, shard, *bucket);
        for (format::Slot& slot : bucket->slots) {
            const format::SlotWord word = slot.load(std::memory_order_acquire);
            if (!format::is_empty(word) && !format::is_link(word, region.geometry())) visit(slot, word);
        }
        bucket = next;
    }
}

}  // namespace larder::index
