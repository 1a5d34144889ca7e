// A shard's slots in the order in which what they lead to lies in the file, so that recovery reads each segment once and from
// its beginning to its end.
#pragma once

#include "engine/format/geometry.hpp"
#include "engine/format/slot.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace larder::cache {

/// A slot and the word found in it.
struct Place {
    format::Slot* slot;
    format::SlotWord word;
};

/// One is used for shard after shard: new memory for each would cost more than the sorting.
class SlotOrder {
  public:
    /// The places of one segment, among all.
    struct Group {
        std::uint32_t segment;
        std::size_t begin;
        std::size_t end;
    };

    /// Forgets all places.
    void clear() noexcept;
    /// REQUIRES: geometry.holds_records(offset_of(place.word)), the geometry being the same since clear().
    void add(const format::Geometry& geometry, const Place& place) {
        const std::uint32_t segment = geometry.segment_of(format::offset_of(place.word));
        if (segment >= counts_.size()) counts_.resize(geometry.segment_count);
        if (counts_[segment]++ == 0) segments_.push_back(segment);
        places_.push_back(place);
    }
    void sort(const format::Geometry& geometry);
    /// In the order of the file, after sort().
    const std::vector<Group>& groups() const noexcept { return groups_; }
    std::span<const Place> places_of(const Group& group) const noexcept {
        return {sorted_.data() + group.begin, group.end - group.begin};
    }

  private:
    void sort_group(const Group& group, unsigned shift);

    std::vector<std::uint32_t> counts_;  // of each segment's places; all zero but for those in segments_
    std::vector<std::uint32_t> segments_;
    std::vector<Place> places_;
    std::vector<Place> sorted_;
    std::vector<Group> groups_;
};

}  // namespace larder::cache
