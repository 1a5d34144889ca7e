// A cache server of somebody else, spoken to in its own protocol over a Unix socket.
#pragma once

#include "replay/connection.hpp"
#include "replay/server_process.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace larder::tools::replay {

class Server {
  public:
    /// Starts the program, and waits until it answers. Throws Failure.
    Server(std::vector<std::string> command, const std::string& socket);
    virtual ~Server() = default;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    virtual bool get(std::string_view key) = 0;
    /// `ttl_ms` 0: never expires. False if the server did not take it.
    virtual bool set(std::string_view key, std::string_view value, std::int64_t ttl_ms) = 0;
    virtual void remove(std::string_view key) = 0;
    virtual std::uint64_t evictions() = 0;
    virtual std::uint64_t records() = 0;

  protected:
    Connection& connection() noexcept { return connection_; }

  private:
    ServerProcess process_;
    Connection connection_;
};

/// "memcached", "redis" (allkeys-lru) and "redis-lfu" (allkeys-lfu).
const std::vector<std::string>& server_names();
/// `directory` is for its socket; the limit is what the server's own option for memory is given.
std::unique_ptr<Server> start_server(std::string_view name, std::uint64_t memory, const std::string& directory);

std::unique_ptr<Server> start_memcached(std::uint64_t memory, const std::string& directory);
std::unique_ptr<Server> start_redis(std::uint64_t memory, const std::string& directory, const std::string& eviction);

}  // namespace larder::tools::replay
