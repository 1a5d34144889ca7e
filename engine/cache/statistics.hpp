// Counters summed over all processes, and gauges read off the shards.
#pragma once

#include "engine/cache/core.hpp"

#include <larder/stats.hpp>

namespace larder::cache {

Stats collect_stats(const Core& core);

}  // namespace larder::cache
