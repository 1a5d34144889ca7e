// Forked processes that do something and say what came of it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include <sys/types.h>

namespace larder::tests {

/// A pipe on which one process waits until another lets it go on. Make it before the fork.
class Gate {
  public:
    Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate();

    /// Lets `count` waiters through.
    void open(std::size_t count = 1);
    /// Returns when let through. Throws when nobody has done so for much too long.
    void wait();

  private:
    int read_end_ = -1;
    int write_end_ = -1;
};

/// A forked child that runs the body, hands its text to the parent and leaves by _exit(): no destructors, no flushing.
class Child {
  public:
    explicit Child(const std::function<std::string()>& body);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    /// Kills it if it still runs.
    ~Child();

    /// Waits for its end. What the body returned, or "signal N", or "exit N".
    std::string result();
    /// SIGKILL, and waits until it is gone.
    void kill();
    pid_t id() const noexcept { return id_; }

  private:
    int wait_for_end();

    pid_t id_ = -1;
    int read_end_ = -1;
};

/// Runs the body in a child and waits for what it returns.
std::string in_child(const std::function<std::string()>& body);

}  // namespace larder::tests
