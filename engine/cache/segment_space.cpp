#include "engine/cache/segment_space.hpp"

#include <algorithm>

namespace larder::cache {
namespace {

void clear_entry(format::SegmentEntry& entry) noexcept {
    entry.state.store(0, std::memory_order_relaxed);
    entry.flags.store(0, std::memory_order_relaxed);
    entry.live_bytes.store(0, std::memory_order_relaxed);
    entry.write_offset.store(0, std::memory_order_relaxed);
}

// Decommits neighbouring ranges in one call.
class GivenBack {
  public:
    explicit GivenBack(Core& core) : core_(core) {}
    ~GivenBack() { flush(); }
    GivenBack(const GivenBack&) = delete;
    GivenBack& operator=(const GivenBack&) = delete;
    void add(std::uint64_t offset, std::uint64_t length) {
        if (offset != begin_ + length_) flush();
        if (length_ == 0) begin_ = offset;
        length_ += length;
    }

  private:
    void flush() {
        if (length_ != 0) (void)core_.region.file().decommit(begin_, length_);
        length_ = 0;
    }
    Core& core_;
    std::uint64_t begin_ = 0;
    std::uint64_t length_ = 0;
};

}  // namespace

SegmentSpace::SegmentSpace(Core& core)
    : core_(core),
      known_(core.region.segments_known()),
      space_(core.geometry().segment_count),
      in_use_(core.geometry().segment_count) {}

bool SegmentSpace::allocate(std::uint32_t segment) {
    Space space = space_[segment].load(std::memory_order_relaxed);
    if (space == Space::unknown) {
        space = allocate_now(segment) ? Space::allocated : Space::none;
        space_[segment].store(space, std::memory_order_relaxed);
    }
    return space == Space::allocated;
}

bool SegmentSpace::allocate_now(std::uint32_t segment) const {
    const format::Geometry& g = core_.geometry();
    MappedFile& file = core_.region.file();
    // The tables have space up to what the header knows of; it may be older than they are.
    const std::uint64_t generations = g.generation_at(segment + 1) - g.generations_begin;
    const std::uint64_t entries = g.segment_entry_at(segment + 1) - g.segment_table_begin;
    if (segment >= known_ &&
        !(file.commit(g.generations_begin, generations).ok() && file.commit(g.segment_table_begin, entries).ok()))
        return false;
    return file.commit(g.segment_at(segment), g.segment_size).ok();
}

// The header may be older than the segments it should know of.
void SegmentSpace::raise_known() {
    std::uint32_t known = known_;
    for (std::uint32_t i = known; i < in_use_.size(); ++i) {
        if (in_use_[i].load(std::memory_order_relaxed)) known = i + 1;
    }
    core_.region.header().segments_known.store(known, std::memory_order_relaxed);
}

// Entries that the header does not know of, and that hold nothing, may still say that they do.
void SegmentSpace::clear_unknown_entries() {
    constexpr std::uint32_t kPerPage = format::kPageBytes / format::kSegmentEntryBytes;
    const format::Geometry& g = core_.geometry();
    const std::uint32_t known = core_.region.segments_known();
    const std::uint32_t rest = std::min((known + kPerPage - 1) / kPerPage * kPerPage, g.segment_count);
    for (std::uint32_t i = known; i < rest; ++i) clear_entry(core_.region.segment(i));
    const std::uint64_t begin = g.segment_entry_at(rest);
    if (rest < g.segment_count && begin < g.index_begin) (void)core_.region.file().decommit(begin, g.index_begin - begin);
}

void SegmentSpace::settle() {
    const format::Geometry& g = core_.geometry();
    raise_known();
    clear_unknown_entries();
    GivenBack give_back(core_);
    for (std::uint32_t i = 0; i < core_.region.segments_known(); ++i) {
        format::SegmentEntry& entry = core_.region.segment(i);
        if (in_use_[i].load(std::memory_order_relaxed)) {
            entry.flags.store(format::kSegmentCommitted, std::memory_order_relaxed);
            continue;
        }
        clear_entry(entry);
        give_back.add(g.segment_at(i), g.segment_size);
    }
    // What the table has forgotten of segments may still have its blocks.
    const std::uint64_t end = g.segment_at(core_.region.segments_known());
    if (end < g.file_size) give_back.add(end, g.file_size - end);
}

}  // namespace larder::cache
