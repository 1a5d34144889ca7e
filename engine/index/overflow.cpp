#include "engine/index/overflow.hpp"

#include "engine/platform/fault_point.hpp"
#include "engine/region/space.hpp"

#include <algorithm>

namespace larder::index {

using format::Bucket;
using format::kBucketBytes;
using region::LockedShard;

namespace {

std::uint64_t offset_of_number(const LockedShard& shard, std::uint64_t number) noexcept {
    return shard.geometry().bucket_at(shard.id, shard.geometry().buckets_per_shard - 1 - number);
}

std::uint64_t offset_of_bucket(const LockedShard& shard, const Bucket& bucket) noexcept {
    return static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(&bucket) - shard.region.at(0));
}

// The most overflow buckets that there can be above the main ones.
std::uint64_t most_overflow(const LockedShard& shard) noexcept {
    const std::uint64_t range = shard.geometry().buckets_per_shard;
    return range - std::min(shard.header.main_buckets_committed.load(std::memory_order_relaxed), range);
}

bool in_overflow_range(const LockedShard& shard, std::uint64_t offset) noexcept {
    return shard.geometry().is_bucket_of(shard.id, offset) && overflow_number(shard, offset) < bounded_overflow_used(shard);
}

}  // namespace

void zero(Bucket& bucket) noexcept {
    for (auto& slot : bucket.slots) slot.store(0, std::memory_order_relaxed);
}

std::uint64_t overflow_number(const LockedShard& shard, std::uint64_t offset) noexcept {
    return shard.geometry().buckets_per_shard - 1 - shard.geometry().bucket_number(offset);
}

std::uint64_t bounded_overflow_used(const LockedShard& shard) noexcept {
    return std::min(shard.header.overflow_used.load(std::memory_order_relaxed), most_overflow(shard));
}

bool commit_range(LockedShard& shard, std::uint64_t first, std::uint64_t last, Within bound) {
    if (bound != Within::disk && !region::fits_capacity(shard.region, (last - first) * kBucketBytes)) return false;
    bool done = true;
    format::for_each_stripe(shard.geometry(), shard.id, first, last, [&](std::uint64_t offset, std::uint64_t length) {
        done = done && shard.region.file().commit(offset, length).ok();
    });
    if (!done) decommit_range(shard, first, last);
    return done;
}

void decommit_range(const LockedShard& shard, std::uint64_t first, std::uint64_t last) noexcept {
    const format::Geometry& g = shard.geometry();
    MappedFile& file = shard.region.file();
    format::for_each_stripe(g, shard.id, first, last,
                            [&](std::uint64_t offset, std::uint64_t length) { (void)file.decommit(offset, length); });
}

Bucket* take_overflow(LockedShard& shard, Within bound) {
    format::ShardHeader& h = shard.header;
    const std::uint64_t free = h.overflow_free.load(std::memory_order_relaxed);
    if (free != 0 && in_overflow_range(shard, free)) {
        Bucket& bucket = shard.region.bucket_at(free);
        h.overflow_free.store(format::offset_of(bucket.slots[0].load(std::memory_order_relaxed)), std::memory_order_relaxed);
        zero(bucket);
        return &bucket;
    }
    const std::uint64_t most = most_overflow(shard);
    const std::uint64_t used = bounded_overflow_used(shard);
    const std::uint64_t committed = std::min(h.overflow_buckets_committed.load(std::memory_order_relaxed), most);
    if (used >= committed) {
        if (used > committed || committed + format::kFirstBuckets > most) return nullptr;
        const std::uint64_t end = shard.geometry().buckets_per_shard - committed;
        if (!commit_range(shard, end - format::kFirstBuckets, end, bound)) return nullptr;
        h.overflow_buckets_committed.store(committed + format::kFirstBuckets, std::memory_order_relaxed);
    }
    h.overflow_used.store(used + 1, std::memory_order_relaxed);
    LARDER_FAULT_POINT("overflow.taken");
    Bucket& bucket = shard.region.bucket_at(offset_of_number(shard, used));
    zero(bucket);
    return &bucket;
}

void free_overflow(LockedShard& shard, Bucket& bucket) noexcept {
    for (unsigned i = 1; i < format::kSlotsPerBucket; ++i) bucket.slots[i].store(0, std::memory_order_release);
    bucket.slots[0].store(format::make_link(shard.header.overflow_free.load(std::memory_order_relaxed)),
                          std::memory_order_release);
    shard.header.overflow_free.store(offset_of_bucket(shard, bucket), std::memory_order_relaxed);
}

void rebuild_overflow_list(LockedShard& shard, const std::vector<bool>& in_use) noexcept {
    shard.header.overflow_free.store(0, std::memory_order_relaxed);
    for (std::uint64_t number = 0; number < in_use.size(); ++number) {
        if (!in_use[number]) free_overflow(shard, shard.region.bucket_at(offset_of_number(shard, number)));
    }
}

void note_moved(LockedShard& shard) noexcept {
    format::Directory directory = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed));
    ++directory.moves;
    shard.header.directory.store(format::pack_directory(directory), std::memory_order_release);
}

Bucket& overflow_bucket(LockedShard& shard, std::uint64_t number) noexcept {
    return shard.region.bucket_at(offset_of_number(shard, number));
}

void trim_overflow(LockedShard& shard, std::uint64_t used) {
    format::ShardHeader& h = shard.header;
    const std::uint64_t keep = (used + format::kFirstBuckets - 1) / format::kFirstBuckets * format::kFirstBuckets;
    const std::uint64_t committed = std::min(h.overflow_buckets_committed.load(std::memory_order_relaxed), most_overflow(shard));
    h.overflow_used.store(used, std::memory_order_relaxed);
    if (keep >= committed) return;
    h.overflow_buckets_committed.store(keep, std::memory_order_relaxed);
    const std::uint64_t range = shard.geometry().buckets_per_shard;
    decommit_range(shard, range - committed, range - keep);
}

}  // namespace larder::index
