#include "engine/region/space.hpp"

#include "engine/platform/large_pages.hpp"

#include <algorithm>

namespace larder::region {
namespace {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept { return (value + unit - 1) / unit * unit; }

// Entries that were ever used are committed; indexes are given out lowest first.
std::uint64_t process_table_bytes(const Region& region) noexcept {
    const format::Geometry& g = region.geometry();
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < g.max_processes; i += 2) {
        if (region.process(i).attached_at_ms.load(std::memory_order_relaxed) == 0) break;
        used = i + 2;
    }
    // The page behind them is allocated, too.
    const std::uint32_t allocated = std::min(used + 2, g.max_processes);
    return round_up(allocated * format::kProcessBytes, format::kPageBytes);
}

// What the last large page has beyond the segments that are known: allocated with the first of them, where that was possible.
std::uint64_t rest_of_large_page(const Region& region, std::uint64_t known) noexcept {
    if (!is_worth_large_pages(region)) return 0;
    const std::uint64_t used = known << region.geometry().segment_shift;
    return round_up(used, platform::kLargePageBytes) - used;
}

}  // namespace

bool is_worth_large_pages(const Region& region) noexcept {
    return region.header().capacity.load(std::memory_order_relaxed) >= 128 * platform::kLargePageBytes;
}

std::uint64_t shard_index_bytes(const format::ShardHeader& shard) noexcept {
    const std::uint64_t main = shard.main_buckets_committed.load(std::memory_order_relaxed);
    const std::uint64_t overflow = shard.overflow_buckets_committed.load(std::memory_order_relaxed);
    return main * format::kBucketBytes + round_up(main * format::kGhostBytesPerBucket, format::kPageBytes) +
           overflow * format::kBucketBytes;
}

SpaceUse space_in_use(const Region& region) noexcept {
    const format::Geometry& g = region.geometry();
    SpaceUse use;
    const std::uint64_t known = region.segments_known();
    use.fixed = format::kHeaderBytes + g.shards_bytes() + process_table_bytes(region) +
                round_up(known * sizeof(std::uint64_t), format::kPageBytes) +
                round_up(known * format::kSegmentEntryBytes, format::kPageBytes);
    use.segments = rest_of_large_page(region, known);
    for (std::uint32_t i = 0; i < g.shard_count; ++i) {
        const format::ShardHeader& shard = region.shard(i);
        use.index += shard_index_bytes(shard);
        use.segments += std::uint64_t{shard.segments.load(std::memory_order_relaxed)} << g.segment_shift;
    }
    return use;
}

bool fits_capacity(const Region& region, std::uint64_t bytes) noexcept {
    return space_in_use(region).total() + bytes <= region.header().capacity.load(std::memory_order_relaxed);
}

}  // namespace larder::region
