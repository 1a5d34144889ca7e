// Plans and runs the measurements: each store beside limit (b), in alternating slices, two stores in memory at a time.
#pragma once

#include "compare/report.hpp"
#include "compare/settings.hpp"

namespace larder::bench {

/// Says on stderr what it is doing.
Report measure(const Settings& settings);

}  // namespace larder::bench
