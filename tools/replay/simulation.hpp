// A trace played against a policy, the same way as against a cache file: a get that misses stores.
#pragma once

#include "replay/outcome.hpp"
#include "replay/policy.hpp"

#include <string>
#include <vector>

namespace larder::tools {
class Session;
}

namespace larder::tools::replay {

/// What simulations of one trace have in common.
class Simulation {
  public:
    explicit Simulation(const Trace& trace) : trace_(trace), ids_(number_keys(trace)) {}

    /// REQUIRES: a name of policy_names(). Records expire by the time of the trace.
    Outcome run(const std::string& policy, std::uint64_t capacity, const Session& session);

  private:
    void look_ahead();
    const Trace& trace_;
    Ids ids_;
    std::vector<std::uint64_t> next_;  ///< of each request: the position of its key's next; filled when first needed
};

}  // namespace larder::tools::replay
