// Recovery after the machine went down: which records are whole, asked of every one of them.
//
// The index is the authority on what exists, the checksums on whether it is whole. A slot stays if the record it leads to
// has the right checksum for this place and generation, and its key belongs into this bucket; every other slot is emptied.
// All else (accounts, queues, free segments) is made anew from the slots that stay. Slots are only ever emptied, and bytes
// of whole records never written, so recovery may itself be cut off and begun again at any point.
#pragma once

#include "engine/cache/core.hpp"

#include <larder/status.hpp>

namespace larder::cache {

/// REQUIRES: no other handle is attached for writing, and none can attach meanwhile (the opening lock is held).
/// Cost: one read of the segments in use, shard by shard in file order, on as many threads as there are processors.
Status recover(Core& core);

}  // namespace larder::cache
