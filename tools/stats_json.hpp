// Statistics as JSON: each member has the name it has in <larder/stats.hpp>.
#pragma once

#include "output.hpp"

#include <larder/stats.hpp>

namespace larder::tools {

Json counters_json(const Counters& counters);
/// Who it is; its counters only where asked for.
Json process_json(const ProcessStats& process, bool with_counters);
/// All but the processes.
Json stats_json(const Stats& stats);

}  // namespace larder::tools
