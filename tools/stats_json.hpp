// Statistics as JSON: each member has the name it has in <larder/stats.hpp>.
#pragma once

#include "output.hpp"

#include <larder/stats.hpp>

#include <cstdint>
#include <string_view>

namespace larder::tools {

Json counters_json(const Counters& counters);
/// Who it is; its counters only where asked for.
Json process_json(const ProcessStats& process, bool with_counters);
/// All but the processes, and what follows from it: hit_ratio (null before the first get), processes_alive, unused_bytes ...
Json stats_json(const Stats& stats);
/// "clean", "in_use" or "interrupted".
std::string_view condition_name(FileCondition condition) noexcept;
/// Of the segments' bytes, those that nothing has been written to.
std::uint64_t unused_bytes(const Stats& stats) noexcept;

}  // namespace larder::tools
