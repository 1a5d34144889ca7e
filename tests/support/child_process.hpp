// Other processes for a test: programs started, functions run in a fork. None outlives the test.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace larder::tests {

/// How a process ended.
struct Ending {
    bool in_time = false;  ///< false: it was killed because it did not end
    int code = -1;         ///< its exit code, or -1 where a signal ended it
    int signal = 0;
    std::string output;  ///< what it wrote to its standard output and error

    bool good() const noexcept { return in_time && code == 0; }
    std::string message() const;
};

/// What a program sees of the machine. All need rights that only the superuser has.
struct Surroundings {
    bool own_pid_namespace = false;
    unsigned user = 0;   ///< 0: as we are
    unsigned group = 0;  ///< with another user only
    std::string root{};  ///< a directory that is its root; empty: ours
};

class ChildProcess {
  public:
    ChildProcess() = default;
    /// Starts a program from LARDER_PROGRAM_DIR. Its standard input stays open until close_input().
    ChildProcess(const std::string& program, const std::vector<std::string>& arguments, const Surroundings& surroundings = {});
    /// Forks, and ends the child with what `body` returns; 125 when it throws.
    explicit ChildProcess(const std::function<int()>& body);
    ~ChildProcess();
    ChildProcess(ChildProcess&& other) noexcept { *this = std::move(other); }
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    bool running() const noexcept { return id_ > 0; }
    pid_t id() const noexcept { return id_; }
    void send(int signal) const;
    /// The child reads the end of its input: the sign to start, for those that wait for one.
    void close_input();
    /// Waits for the end; kills it when it does not come in time (LARDER_PATIENCE seconds, by default 120).
    Ending wait();
    /// SIGKILL, and waits for it to be done.
    Ending kill();

  private:
    void prepare();
    void become_child();
    Ending collect(int status, bool in_time);

    pid_t id_ = 0;
    int input_ = -1;
    int child_input_ = -1;
    int output_ = -1;
};

}  // namespace larder::tests
