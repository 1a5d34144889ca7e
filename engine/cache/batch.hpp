// Writes of many keys: each takes its shard's lock and waits for its own cache misses, unless those have been begun before.
#pragma once

#include "engine/cache/core.hpp"

#include <span>
#include <string_view>

namespace larder::cache {

/// How many keys to begin with at once: as many misses as a core keeps in flight.
inline constexpr std::size_t kBatchGroup = 16;

/// Begins to load what writes of these keys will look at: buckets, ghosts, and the records that are there now. Changes nothing,
/// and nothing depends on it. REQUIRES: kBatchGroup keys at most.
void prefetch_for_writes(const Core& core, std::span<const std::string_view> keys) noexcept;

}  // namespace larder::cache
