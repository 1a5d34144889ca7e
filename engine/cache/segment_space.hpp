// What recovery learns of the segments while it goes through the shards: which hold whole records, and which have space.
#pragma once

#include "engine/cache/core.hpp"

#include <atomic>
#include <cstdint>
#include <vector>

namespace larder::cache {

/// Used by several threads at once.
class SegmentSpace {
  public:
    explicit SegmentSpace(Core& core);

    /// Allocates the segment, and its lines in the tables, unless that was done. What the file system knew of space allocated
    /// after the last flush may be lost with the power, and nothing is written into a hole. False: the disk is full.
    bool allocate(std::uint32_t segment);
    void keep(std::uint32_t segment) noexcept { in_use_[segment].store(true, std::memory_order_relaxed); }
    /// Segments that nothing is kept of are free from now on, and what lies in them is given back.
    void settle();

  private:
    enum class Space : std::uint8_t { unknown, allocated, none };

    bool allocate_now(std::uint32_t segment) const;
    void raise_known();
    void clear_unknown_entries();

    Core& core_;
    std::uint32_t known_;
    std::vector<std::atomic<Space>> space_;
    std::vector<std::atomic<bool>> in_use_;
};

}  // namespace larder::cache
