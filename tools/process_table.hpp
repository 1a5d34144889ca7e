// Attached processes, as people read them.
#pragma once

#include <larder/stats.hpp>

#include <string>
#include <vector>

namespace larder::tools {

std::string process_table(const std::vector<ProcessStats>& processes, bool with_counters);

}  // namespace larder::tools
