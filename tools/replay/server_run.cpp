#include "replay/server_run.hpp"

#include "progress.hpp"
#include "replay/interrupt.hpp"
#include "replay/server.hpp"
#include "replay/value_source.hpp"

#include <chrono>

namespace larder::tools::replay {
namespace {

class ServerPlayer {
  public:
    explicit ServerPlayer(Server& server) : server_(server) {}

    void play(const Request& request) {
        const KeyText key(request.key);
        ++outcome_.requests;
        if (request.operation == Operation::remove) {
            ++outcome_.removes;
            return server_.remove(key.view());
        }
        if (request.operation == Operation::get) {
            ++outcome_.gets;
            outcome_.get_bytes += request.size;
            if (server_.get(key.view())) return;
            ++outcome_.misses;
            outcome_.missed_bytes += request.size;
        }
        const bool stored = server_.set(key.view(), values_.value(request.key, request.size), request.ttl_ms);
        ++(stored ? outcome_.stores : outcome_.refused);
    }

    Outcome outcome() {
        outcome_.evictions = server_.evictions();
        outcome_.records = server_.records();
        return outcome_;
    }

  private:
    Server& server_;
    ValueSource values_;
    Outcome outcome_;
};

}  // namespace

ServerRun replay_through_server(const Trace& trace, const std::string& server, std::uint64_t memory, const std::string& directory,
                                const Session& session) {
    const std::unique_ptr<Server> started = start_server(server, memory, directory);
    ServerPlayer player(*started);
    Progress progress(session, "replaying " + trace.name + " through " + server);
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < trace.requests.size(); ++i) {
        if (i % kInterruptEvery == 0) {
            Interrupt::check();
            progress.count(i, trace.requests.size());
        }
        player.play(trace.requests[i]);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    progress.clear();
    return {player.outcome(), seconds};
}

}  // namespace larder::tools::replay
