// The checker: looks at every invariant of a file in use. One function a group of invariants (engine/INVARIANTS.md).
#pragma once

#include "engine/cache/core.hpp"

#include <larder/cache.hpp>

#include <functional>

namespace larder::cache {

using CheckProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Records are checked without a lock, each looked at again if it changed meanwhile. Accounts and queues are checked under
/// each shard's lock; read-only handles leave those of shards that are being written out.
Result<Verification> verify(Core& core, const CheckProgress& progress);

}  // namespace larder::cache
