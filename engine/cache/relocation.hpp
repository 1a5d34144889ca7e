// Copying what is kept of a victim to another segment.
#pragma once

#include "engine/cache/ledger.hpp"
#include "engine/segments/policy.hpp"

namespace larder::cache {

/// What becomes of a live record of the victim (`record`, which is `owner` itself or one of its fragments).
segments::Fate fate_of(LockedShard& shard, const RecordAt& record, const RecordAt& owner, const Found& found) noexcept;
/// Copies `record` to where its fate says and leads its slot there. False when there is no room, or
/// the record is not whole (nothing has changed).
bool relocate(LockedShard& shard, const RecordAt& record, const RecordAt& owner, const Found& found, std::uint64_t hash,
              const segments::Fate& fate);

}  // namespace larder::cache
