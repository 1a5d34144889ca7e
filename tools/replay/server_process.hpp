// A server program that we start ourselves, and that goes when we go.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace larder::tools::replay {

class ServerProcess {
  public:
    /// Looks the program up in $PATH. Throws Failure if it cannot be started.
    explicit ServerProcess(std::vector<std::string> command);
    /// Ends it, and waits for its end.
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    bool is_running();

  private:
    pid_t pid_ = -1;
};

}  // namespace larder::tools::replay
