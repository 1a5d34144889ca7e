// A server that the program starts for itself, and a connection to its Unix socket.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::bench {

/// Runs until destroyed. Dies with this process, however that ends.
class Server {
  public:
    /// Starts it and waits until the socket answers; throws std::runtime_error.
    Server(const std::vector<std::string>& command, const std::string& socket_path);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    pid_t pid() const noexcept { return pid_; }

  private:
    pid_t pid_ = -1;
};

/// Bytes to and from a Unix socket, received in one buffer that is reused.
class Connection {
  public:
    explicit Connection(const std::string& socket_path);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool send(std::string_view bytes);
    /// Begins a new answer: forgets what was received.
    void begin() noexcept { at_ = end_ = 0; }
    /// The next line without its \r\n; the view is valid until begin(). Empty and failed() on trouble.
    std::string_view line();
    /// The next `size` bytes and the \r\n behind them; without the latter.
    std::string_view bytes(std::size_t size);
    bool failed() const noexcept { return failed_; }

  private:
    bool receive_more();
    int descriptor_ = -1;
    std::vector<char> buffer_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    bool failed_ = false;
};

}  // namespace larder::bench
