// A cache with a survivor attached to it, and a child that does something to it until it is killed or stopped.
#pragma once

#include "tests/crash/operation.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/cache.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <sys/types.h>

namespace larder::tests {

class Scene {
  public:
    /// Prepares the operation's cache once; reset() brings it back.
    explicit Scene(const Operation& operation);

    /// The cache as prepared, and a survivor attached to it.
    void reset();
    /// Forks a child that attaches and is then given its handle. It ends by _exit(0).
    pid_t fork_child(const std::function<void(Cache&)>& body) const;
    /// The same, stopped once it is attached, so that it is there before what happens next.
    pid_t fork_waiting(const std::function<void(Cache&)>& body) const;

    /// The survivor reads and writes in every shard, checks every key, works on, and finds nothing wrong; returns the longest
    /// time that a call took.
    std::chrono::nanoseconds check_survivor();
    Cache& survivor() { return *survivor_; }
    const std::string& path() const noexcept { return path_; }
    const Operation& operation() const noexcept { return operation_; }
    Options options() const;
    const Answers& answers() const noexcept { return answers_; }

  private:
    std::chrono::nanoseconds write_everywhere();
    void check_keys();
    void work_on();

    Operation operation_;
    TemporaryDirectory directory_;
    std::string path_ = directory_.file("cache");
    Snapshot prepared_;
    Answers answers_;
    std::optional<Cache> survivor_;
};

/// Waits for a child to end or to stop; its wait status.
int wait_for(pid_t child, bool or_stop = false);
/// What a key reads as: its value, kAbsent, or the error.
std::string answer_of(const Cache& cache, const std::string& key);

}  // namespace larder::tests
