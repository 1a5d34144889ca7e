// Which segment is emptied next, and what of it is kept: S3-FIFO on whole segments.
#pragma once

#include "engine/region/locked_shard.hpp"

#include <cstdint>

namespace larder::segments {

using format::Queue;

/// reclaim: keep everything that is live; evict: keep what earned it; force: keep nothing.
enum class EmptyMode : std::uint32_t { reclaim = 0, evict = 1, force = 2 };

struct Victim {
    std::uint32_t segment = format::kNoSegment;
    std::uint32_t previous = format::kNoSegment;  ///< before it in its queue
    Queue queue = Queue::small;
    EmptyMode mode = EmptyMode::evict;
};

/// The sealed segment to empty next; kNoSegment when the shard has none. What is wholly dead or expired goes first, then
/// what is mostly dead, and only then the oldest of the queue that has more than its share. Cost: a line a segment.
Victim choose_victim(const region::LockedShard& shard, std::int64_t now_ms) noexcept;

/// What becomes of a live record of a victim.
struct Fate {
    bool keep = false;
    Queue queue = Queue::main;  ///< where it goes
    unsigned hits = 0;          ///< its hit counter from then on
    bool ghost = false;         ///< dropped, but remembered
};
Fate decide_fate(Queue from, EmptyMode mode, unsigned hits) noexcept;

}  // namespace larder::segments
