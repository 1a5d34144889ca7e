// Mending a damaged file while others use it: shard by shard, under the shard's lock.
//
// The number of buckets is made right if many more records are where another number has them. Slots that lead to no whole record
// are emptied, of two records of one key the later written stays, words in a wrong bucket are brought to theirs, and all that is
// derived is counted anew. Like recovery, it writes to no record; unlike recovery, it takes nothing away that others are using.
#pragma once

#include "engine/cache/core.hpp"

#include <larder/cache.hpp>

#include <functional>

namespace larder::cache {

/// busy when a shard's lock cannot be had in time: the shards before it are mended, the rest as they were.
/// Cost: a read of the segments in use.
Result<Repair> mend(Core& core, const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace larder::cache
