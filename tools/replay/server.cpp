#include "replay/server.hpp"

#include "failure.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace larder::tools::replay {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kStartStep = std::chrono::milliseconds(20);

}  // namespace

Server::Server(std::vector<std::string> command, const std::string& socket) : process_(command) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!connection_.connect(socket)) {
        if (!process_.is_running() || std::chrono::steady_clock::now() > until) {
            throw Failure(ExitCode::cannot_use, "unsupported", command.front() + " was started, but does not answer");
        }
        std::this_thread::sleep_for(kStartStep);
    }
}

const std::vector<std::string>& server_names() {
    static const std::vector<std::string> names{"memcached", "redis", "redis-lfu"};
    return names;
}

std::unique_ptr<Server> start_server(std::string_view name, std::uint64_t memory, const std::string& directory) {
    if (name == "memcached") return start_memcached(memory, directory);
    return start_redis(memory, directory, name == "redis-lfu" ? "allkeys-lfu" : "allkeys-lru");
}

}  // namespace larder::tools::replay
