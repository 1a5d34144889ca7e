#include "replay/simulation.hpp"

#include "progress.hpp"
#include "replay/interrupt.hpp"

#include <algorithm>
#include <limits>

namespace larder::tools::replay {
namespace {

class PolicyPlayer {
  public:
    PolicyPlayer(Policy& policy, const Ids& ids) : policy_(policy), expires_(ids.count, 0) {}

    void play(const Request& request, Use use) {
        ++outcome_.requests;
        switch (request.operation) {
            case Operation::get:
                return get(request, use);
            case Operation::set:
                return store(request, use);
            case Operation::remove:
                ++outcome_.removes;
                return policy_.remove(use.id);
        }
    }

    Outcome outcome() {
        outcome_.evictions = policy_.evictions();
        outcome_.records = policy_.records();
        return outcome_;
    }

  private:
    void get(const Request& request, const Use& use) {
        ++outcome_.gets;
        outcome_.get_bytes += request.size;
        if (policy_.get(use)) {
            if (expires_[use.id] == 0 || request.time_ms < expires_[use.id]) return;
            ++outcome_.expired;
            policy_.remove(use.id);
        }
        ++outcome_.misses;
        outcome_.missed_bytes += request.size;
        store(request, use);
    }

    void store(const Request& request, const Use& use) {
        ++outcome_.stores;
        expires_[use.id] = request.ttl_ms == 0 ? 0 : request.time_ms + request.ttl_ms;
        policy_.put(use);
    }

    Policy& policy_;
    std::vector<std::int64_t> expires_;
    Outcome outcome_;
};

std::uint32_t bytes_of(const Request& request) noexcept {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(payload_bytes(request.size), std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

void Simulation::look_ahead() {
    if (!next_.empty()) return;
    next_.resize(trace_.requests.size());
    std::vector<std::uint64_t> last(ids_.count, kNever);
    for (std::size_t i = trace_.requests.size(); i-- > 0;) {
        std::uint64_t& seen = last[ids_.of_request[i]];
        next_[i] = seen;
        seen = i;
    }
}

Outcome Simulation::run(const std::string& policy, std::uint64_t capacity, const Session& session) {
    const std::unique_ptr<Policy> made = make_policy(policy, capacity, ids_.count);
    const bool ahead = knows_future(policy);
    if (ahead) look_ahead();
    PolicyPlayer player(*made, ids_);
    Progress progress(session, "simulating " + policy);
    for (std::size_t i = 0; i < trace_.requests.size(); ++i) {
        if (i % kInterruptEvery == 0) {
            Interrupt::check();
            progress.count(i, trace_.requests.size());
        }
        const Request& request = trace_.requests[i];
        player.play(request, {ids_.of_request[i], bytes_of(request), ahead ? next_[i] : kNever});
    }
    return player.outcome();
}

}  // namespace larder::tools::replay
