// A stream socket to a local server: buffered reading, whole writes, every wait bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larder::tools::replay {

class Connection {
  public:
    Connection() = default;
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Whether somebody listens at the Unix socket of this path.
    bool connect(const std::string& path);
    /// Throws Failure.
    void send(std::string_view bytes);
    /// One line without its CR LF, valid until the next call. Throws Failure.
    std::string_view line();
    /// Exactly so many bytes, and the CR LF behind them. Valid until the next call. Throws Failure.
    std::string_view bulk(std::size_t bytes);

  private:
    void fill();
    void forget_taken();
    int descriptor_ = -1;
    std::string buffer_;
    std::size_t position_ = 0;
};

}  // namespace larder::tools::replay
