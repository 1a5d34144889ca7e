#include "engine/cache/slot_order.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace larder::cache {
namespace {

// Fewer places than this are not worth the counters.
constexpr std::size_t kFew = 32;
// An offset within the largest segment has two digits of this many bits above the alignment.
constexpr unsigned kDigit = 10;
constexpr unsigned kAlignmentBits = 3;
static_assert(format::kMaxSegmentBytes <= std::uint32_t{1} << (2 * kDigit + kAlignmentBits));

using RadixCounts = std::array<std::uint32_t, (1 << kDigit) + 1>;

}  // namespace

void SlotOrder::clear() noexcept {
    for (const std::uint32_t segment : segments_) counts_[segment] = 0;
    segments_.clear();
    places_.clear();
    groups_.clear();
}

void SlotOrder::sort(const format::Geometry& geometry) {
    std::sort(segments_.begin(), segments_.end());
    std::size_t end = 0;
    for (const std::uint32_t segment : segments_) {
        const std::size_t begin = end;
        end += counts_[segment];
        groups_.push_back({segment, begin, end});
        counts_[segment] = static_cast<std::uint32_t>(begin);
    }
    if (sorted_.size() < places_.size()) sorted_.resize(places_.size());
    for (const Place& place : places_) sorted_[counts_[geometry.segment_of(format::offset_of(place.word))]++] = place;
    for (const Group& group : groups_) sort_group(group, geometry.segment_shift);
}

// Two passes over the digits of the offset within the segment, which stay in the processor's nearest cache.
void SlotOrder::sort_group(const Group& group, unsigned shift) {
    Place* const first = sorted_.data() + group.begin;
    Place* const last = sorted_.data() + group.end;
    if (group.end - group.begin < kFew) {
        std::sort(first, last,
                  [](const Place& a, const Place& b) { return format::offset_of(a.word) < format::offset_of(b.word); });
        return;
    }
    const unsigned bits = (shift - kAlignmentBits + 1) / 2;
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    const auto low = [mask](const Place& place) { return format::offset_of(place.word) >> kAlignmentBits & mask; };
    const auto high = [mask, bits](const Place& place) {
        return format::offset_of(place.word) >> (kAlignmentBits + bits) & mask;
    };
    RadixCounts lows;
    RadixCounts highs;
    std::fill_n(lows.begin(), mask + 2, 0);
    std::fill_n(highs.begin(), mask + 2, 0);
    for (const Place* place = first; place != last; ++place) {
        ++lows[low(*place) + 1];
        ++highs[high(*place) + 1];
    }
    for (std::uint64_t digit = 1; digit <= mask; ++digit) {
        lows[digit] += lows[digit - 1];
        highs[digit] += highs[digit - 1];
    }
    Place* const between = places_.data() + group.begin;
    for (const Place* place = first; place != last; ++place) between[lows[low(*place)]++] = *place;
    for (const Place* place = between; place != between + (last - first); ++place) first[highs[high(*place)]++] = *place;
}

}  // namespace larder::cache
