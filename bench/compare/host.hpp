// One process that holds one store open and does what it is told, a command at a time. While it has nothing to do it sleeps.
#pragma once

#include "compare/peer.hpp"

#include <sys/types.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace larder::bench {

/// What went wrong in a host; the store it held is given up.
class HostError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class Host {
  public:
    /// Forks. The data is the child's by inheritance.
    Host(const Peer& peer, const Dataset& data, const Place& place);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    void open(Opening opening);
    /// Closes and opens again, in the same process.
    void reopen(Opening opening);
    FillResult fill(bool by_processor_time);
    void warm(std::uint64_t limit_ns);
    double torn();
    /// begin_slice() on all hosts that work together, then end_slice() on each.
    void begin_slice(const SliceOrder& order);
    SliceResult end_slice();

  private:
    struct Command;
    struct Reply;
    void serve(int descriptor, const Peer& peer, const Dataset& data, const Place& place);
    static Reply obey(Runner& runner, const Command& command, const Place& place);
    void send(const Command& command);
    Reply receive();

    pid_t pid_ = -1;
    int descriptor_ = -1;
    std::string name_;
};

}  // namespace larder::bench
