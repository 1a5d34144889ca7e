// The ghosts: fingerprints of keys that were dropped a while ago, and from which queue. A key that comes back goes to main.
// Lines of 31 two-byte fingerprints, one line for eight buckets, each a ring of its own; about half as many as there are
// slots. Only hints: any bytes will do.
// (S3-FIFO: J. Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.)
#pragma once

#include "engine/region/locked_shard.hpp"

#include <cstdint>

namespace larder::segments {

using format::Queue;

/// What is remembered of a key that comes back.
struct Ghost {
    bool found = false;
    Queue from = Queue::small;  ///< where it was dropped
    bool recent = false;        ///< among the last quarter of its line
};

/// Remembers the key of a dropped record.
void remember_ghost(region::LockedShard& shard, std::uint64_t hash, Queue from) noexcept;
/// Begins to load what forget_ghost() will look at.
void prefetch_ghosts(region::LockedShard& shard, std::uint64_t hash) noexcept;
/// Whether the key is remembered.
bool has_ghost(region::LockedShard& shard, std::uint64_t hash) noexcept;
/// Whether the key was remembered; forgets it.
Ghost forget_ghost(region::LockedShard& shard, std::uint64_t hash) noexcept;

}  // namespace larder::segments
