// A trace replayed against a cache server.
#pragma once

#include "replay/outcome.hpp"
#include "replay/trace.hpp"

#include <cstdint>
#include <string>

namespace larder::tools {
class Session;
}

namespace larder::tools::replay {

struct ServerRun {
    Outcome outcome;
    double seconds = 0;
};

/// Starts the server of this name with so much memory, and ends it afterwards. Records expire by the machine's clock.
/// Throws Failure.
ServerRun replay_through_server(const Trace& trace, const std::string& server, std::uint64_t memory, const std::string& directory,
                                const Session& session);

}  // namespace larder::tools::replay
