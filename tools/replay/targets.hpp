// The miss ratios that Larder has set itself to reach on known traces, and whether it does.
#pragma once

#include "exit_code.hpp"
#include "replay/cache_run.hpp"

#include <string>
#include <vector>

namespace larder::tools {
class Session;
}

namespace larder::tools::replay {

struct TargetsRequest {
    std::string traces;                 ///< the directory that they are in, as NAME.csv or NAME.csv.zst
    std::string scratch;                ///< where cache files are made, see Scratch
    std::vector<std::string> servers;   ///< replayed beside it
    std::vector<std::string> policies;  ///< simulated beside it
    CacheRunOptions run;                ///< its capacity does not matter
};

/// Prints the table. yes: every target is reached; no: one is missed, or its trace is not there.
ExitCode replay_targets(const TargetsRequest& request, Session& session);

}  // namespace larder::tools::replay
