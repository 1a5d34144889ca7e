// What a replay says on stdout.
#pragma once

#include "output.hpp"
#include "replay/cache_run.hpp"
#include "replay/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace larder::tools::replay {

/// One store, one capacity.
struct Run {
    std::string store;  ///< "larder", the name of a policy or of a server
    std::uint64_t capacity = 0;
    Outcome outcome;
    std::optional<double> seconds;  ///< not of simulations: they store nothing
    std::optional<CacheRun> cache;  ///< of the real cache only
};

/// "0.0897".
std::string ratio_text(double ratio);
/// All about a run of the real cache, for people.
std::string describe(const Run& run, bool values_checked);
/// A line a store, a column a capacity: miss ratio, and by bytes in parentheses.
std::string compare(const std::vector<Run>& runs);
Json run_json(const Run& run, bool values_checked);

}  // namespace larder::tools::replay
