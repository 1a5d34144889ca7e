#include "engine/segments/pool.hpp"

#include "engine/platform/fault_point.hpp"
#include "engine/platform/large_pages.hpp"
#include "engine/region/space.hpp"

#include <algorithm>
#include <cstddef>

namespace larder::segments {

using format::kNoSegment;
using format::SegmentEntry;
using format::SegmentUse;
using region::LockedShard;
using region::Region;

namespace {

bool take_if_free(LockedShard& shard, std::uint32_t segment) noexcept {
    std::uint32_t expected = 0;
    return shard.region.segment(segment).state.compare_exchange_strong(expected, make_segment_state(SegmentUse::spare, shard.id),
                                                                       std::memory_order_acq_rel, std::memory_order_relaxed);
}

// Allocates the two table pages that speak of a segment, before anything is written there.
bool commit_tables(LockedShard& shard, std::uint32_t segment) {
    constexpr std::uint64_t kPageMask = ~(format::kPageBytes - 1);
    const format::Geometry& g = shard.geometry();
    return shard.region.file().commit(g.generation_at(segment) & kPageMask, format::kPageBytes).ok() &&
           shard.region.file().commit(g.segment_entry_at(segment) & kPageMask, format::kPageBytes).ok();
}

// The first segment that is not known yet.
bool make_known(LockedShard& shard, std::uint32_t segment) {
    if (!commit_tables(shard, segment)) return false;
    std::uint32_t expected = segment;
    shard.region.header().segments_known.compare_exchange_strong(expected, segment + 1, std::memory_order_acq_rel,
                                                                 std::memory_order_relaxed);
    LARDER_FAULT_POINT("claim.known");
    return true;
}

// Known segments first, then one that was never used. It becomes known before it is taken: a kill between the two leaves it
// known and free.
std::uint32_t find_free(LockedShard& shard) {
    format::FileHeader& header = shard.region.header();
    const std::uint32_t known = shard.region.segments_known();
    const std::uint32_t start = known == 0 ? 0 : header.segment_hint.load(std::memory_order_relaxed) % known;
    for (std::uint32_t i = 0; i < known; ++i) {
        const std::uint32_t segment = (start + i) % known;
        if (shard.region.segment(segment).state.load(std::memory_order_relaxed) != 0 || !take_if_free(shard, segment)) continue;
        header.segment_hint.store(segment + 1, std::memory_order_relaxed);
        return segment;
    }
    for (std::uint32_t next = known; next < shard.geometry().segment_count; ++next) {
        if (!make_known(shard, next)) return kNoSegment;
        if (take_if_free(shard, next)) return next;
    }
    return kNoSegment;
}

static_assert(format::kBigAreaAlignment % platform::kLargePageBytes == 0, "large pages begin where segments do");

// The segment with which a large page begins brings the whole page, unless segments behind the page are known: then all of it has
// been in use, and was given back in part.
void try_large_pages(LockedShard& shard, std::uint32_t segment) noexcept {
    const format::Geometry& g = shard.geometry();
    const std::uint64_t begin = g.segment_at(segment);
    const std::uint64_t length = std::max<std::uint64_t>(g.segment_size, platform::kLargePageBytes);
    if (!shard.region.large_pages() || !region::is_worth_large_pages(shard.region) || begin % platform::kLargePageBytes != 0 ||
        g.segment_at(shard.region.segments_known()) > begin + length || begin + length > g.file_size)
        return;
    for (std::uint64_t at = begin; at < begin + length; at += platform::kLargePageBytes) {
        if (!shard.region.file().commit(at, format::kPageBytes).ok()) return;
    }
    platform::use_large_pages(shard.region.at(begin), length);
}

void count_segments(LockedShard& shard, std::uint32_t difference) noexcept {
    shard.header.segments.store(shard.header.segments.load(std::memory_order_relaxed) + difference, std::memory_order_relaxed);
}

}  // namespace

bool over_capacity(const Region& region) noexcept { return !region::fits_capacity(region, 0); }

bool commit_segment(LockedShard& shard, std::uint32_t segment) {
    SegmentEntry& entry = shard.region.segment(segment);
    if ((entry.flags.load(std::memory_order_relaxed) & format::kSegmentCommitted) != 0) return true;
    const std::uint64_t begin = shard.geometry().segment_at(segment);
    try_large_pages(shard, segment);
    if (!shard.region.file().commit(begin, shard.geometry().segment_size).ok()) {
        // What there was of it is of more use elsewhere.
        (void)shard.region.file().decommit(begin, shard.geometry().segment_size);
        return false;
    }
    entry.flags.store(format::kSegmentCommitted, std::memory_order_relaxed);
    return true;
}

bool claim_segment(LockedShard& shard) {
    if (!region::fits_capacity(shard.region, shard.geometry().segment_size)) return false;
    const std::uint32_t segment = find_free(shard);
    if (segment == kNoSegment) return false;
    LARDER_FAULT_POINT("claim.taken");
    count_segments(shard, 1);
    // Two shards may both have seen the last free space; then both step back.
    if (over_capacity(shard.region) || !commit_segment(shard, segment)) {
        count_segments(shard, ~std::uint32_t{0});
        shard.region.segment(segment).state.store(0, std::memory_order_release);
        return false;
    }
    add_spare(shard, segment);
    return true;
}

std::uint32_t take_spare(LockedShard& shard) noexcept {
    const std::uint32_t segment = shard.header.spare_head;
    if (segment >= shard.geometry().segment_count || shard.header.spare_count == 0) return kNoSegment;
    shard.header.spare_head = shard.region.segment(segment).next;
    --shard.header.spare_count;
    // A damaged list must not hand out what is in use.
    const std::uint32_t state = shard.region.segment(segment).state.load(std::memory_order_relaxed);
    if (state == make_segment_state(SegmentUse::spare, shard.id)) return segment;
    shard.header.spare_count = 0;
    return kNoSegment;
}

void add_spare(LockedShard& shard, std::uint32_t segment) noexcept {
    SegmentEntry& entry = shard.region.segment(segment);
    entry.live_bytes.store(0, std::memory_order_relaxed);
    entry.write_offset.store(0, std::memory_order_relaxed);
    entry.next = shard.header.spare_count == 0 ? kNoSegment : shard.header.spare_head.load();
    entry.state.store(make_segment_state(SegmentUse::spare, shard.id), std::memory_order_release);
    shard.header.spare_head = segment;
    ++shard.header.spare_count;
}

void release_segment(LockedShard& shard, std::uint32_t segment) noexcept {
    SegmentEntry& entry = shard.region.segment(segment);
    entry.live_bytes.store(0, std::memory_order_relaxed);
    entry.write_offset.store(0, std::memory_order_relaxed);
    entry.flags.store(0, std::memory_order_relaxed);
    (void)shard.region.file().decommit(shard.geometry().segment_at(segment), shard.geometry().segment_size);
    LARDER_FAULT_POINT("release.decommitted");
    count_segments(shard, ~std::uint32_t{0});
    entry.state.store(0, std::memory_order_release);
}

void give_back_unknown(LockedShard& shard) {
    const format::Geometry& g = shard.geometry();
    for (std::uint32_t next = shard.region.segments_known();
         next < g.segment_count && g.segment_at(next) % platform::kLargePageBytes != 0; ++next) {
        // One that is not known must not be taken: nobody would find it again.
        if (!make_known(shard, next)) return;
        if (!take_if_free(shard, next)) continue;
        count_segments(shard, 1);
        release_segment(shard, next);
    }
}

void transfer_segment(LockedShard& from, LockedShard& to, std::uint32_t segment) noexcept {
    count_segments(from, ~std::uint32_t{0});
    count_segments(to, 1);
    add_spare(to, segment);
}

}  // namespace larder::segments
