// Raising and lowering the capacity while others are attached.
#pragma once

#include "engine/cache/core.hpp"

#include <larder/status.hpp>

#include <cstdint>

namespace larder::cache {

/// Raising is one store. Lowering empties segments, the shards that hold most first, until what is committed fits.
Status resize(Core& core, std::uint64_t capacity);

}  // namespace larder::cache
