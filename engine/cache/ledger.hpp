// The one way a slot changes: the redo note, the store that counts, the accounts, and the note gone again.
//
// A kill before the store leaves the old record, after it the new one. A kill before the note is gone again makes the next
// owner of the lock count the segments concerned anew (repair.hpp), so that the accounts are exact whatever happens.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/index/lookup.hpp"
#include "engine/region/locked_shard.hpp"
#include "engine/region/record_access.hpp"

#include <vector>

namespace larder::cache {

using format::Slot;
using format::SlotWord;
using index::Found;
using region::LockedShard;
using region::RecordAt;

/// Stores `next` in the slot (0: empties it) and settles the accounts. `next` gets the hits it says.
void publish(LockedShard& shard, Slot& slot, SlotWord next);
/// The slot that leads to this record (for a fragment: to its owner's record, which must list it), if it is live.
Found find_owner(LockedShard& shard, const RecordAt& record, std::uint64_t hash);
/// Sets a segment's live bytes to what a walk over it finds.
void recount_segment(LockedShard& shard, std::uint32_t segment);
/// The segments that the record behind a slot word, and its fragments, lie in.
std::vector<std::uint32_t> segments_of(LockedShard& shard, SlotWord word);

}  // namespace larder::cache
