// Repair: what the new owner of a shard's lock does after its last owner died. No record is lost or changed by it; only what
// is derived from slots, records and segment states is made anew. Idempotent, since the repairer may die too.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/region/locked_shard.hpp"

namespace larder::cache {

/// Makes everything derived in the shard right again. Cost: a sequential read of the shard's index and of the segment
/// table, and a walk over the segments of the change that was being made.
void repair_shard(Core& core, region::LockedShard& shard);
/// Brings the shard header's words within their ranges, whatever bytes they hold.
void bound_shard_header(region::LockedShard& shard) noexcept;

}  // namespace larder::cache
