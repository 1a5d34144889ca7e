// Which segment is emptied next, and what of it is kept: S3-FIFO on whole segments, with two turns of its own.
//
// - The small queue's share adapts: a key that returns soon after it was dropped from the small queue asks for more, one
//   dropped from main for less (the idea of ARC: N. Megiddo, D. Modha, FAST 2003).
// - In main a record pays for another round by its size: hit counters are lowered by the square root of its size relative to
//   the mean, so that hits per byte decide (GDSF: L. Cherkasova, HP Labs 1998). Records of equal size pay one each.
#pragma once

#include "engine/region/locked_shard.hpp"
#include "engine/segments/ghosts.hpp"

#include <cstdint>

namespace larder::segments {

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
/// `bytes` is the size of the whole record, fragments and all.
Fate decide_fate(region::LockedShard& shard, Queue from, EmptyMode mode, unsigned hits, std::uint64_t bytes) noexcept;
/// A dropped key has come back, as a record of `bytes`: shifts the queues' shares.
void adapt_shares(region::LockedShard& shard, const Ghost& ghost, std::uint64_t bytes) noexcept;

}  // namespace larder::segments
