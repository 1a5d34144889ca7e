// Recovery after the machine went down: which records are whole, asked of every one of them.
//
// The slots are the authority on what exists, the checksums on whether it is whole. A word stays if the record it leads to has
// the right checksum for this place, generation and key; every other slot is emptied. All else (links, accounts, queues, free
// segments) is made anew from the words that stay. No word that stays is ever only where it has not been on disk, and bytes of
// whole records are never written, so recovery may itself be cut off and begun again at any point.
#pragma once

#include "engine/cache/core.hpp"

#include <larder/status.hpp>

namespace larder::cache {

/// REQUIRES: no other handle is attached for writing, and none can attach meanwhile (the opening lock is held).
/// Cost: one read of the segments in use, shard by shard in file order, on as many threads as there are processors.
Status recover(Core& core);

}  // namespace larder::cache
