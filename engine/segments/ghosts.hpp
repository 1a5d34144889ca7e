// The ghost ring: fingerprints of keys that were dropped from the small queue a while ago. A key that comes back goes to
// main. Lines of 31 two-byte fingerprints, one line for eight buckets, each a ring of its own; about half as many as there are
// slots. Only hints: any bytes will do.
// (S3-FIFO: J. Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.)
#pragma once

#include "engine/region/locked_shard.hpp"

#include <cstdint>

namespace larder::segments {

/// Remembers the key of a dropped record.
void remember_ghost(region::LockedShard& shard, std::uint64_t hash) noexcept;
/// Whether the key was remembered; forgets it.
bool forget_ghost(region::LockedShard& shard, std::uint64_t hash) noexcept;

}  // namespace larder::segments
