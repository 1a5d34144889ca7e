// A cache with a survivor attached to it, while others do something to it until they are killed or stopped.
#pragma once

#include "tests/crash/operation.hpp"
#include "tests/crash/tracer.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/cache.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace larder::tests {

class Scene {
  public:
    /// Prepares the operation's cache once; reset() brings it back.
    explicit Scene(const Operation& operation);

    /// The cache as prepared, and a survivor attached to it.
    void reset();
    /// A child's deed: attaches, and is then given its handle.
    Deed with_handle(const std::function<void(Cache&)>& run) const;

    /// The survivor reads and writes in every shard, checks every key, works on, and finds nothing wrong; returns the longest
    /// time that a call took.
    std::chrono::nanoseconds check_survivor();
    /// Every key reads as its old value or its new one, or is absent if anything was evicted since reset().
    void check_keys(const Cache& cache) const;
    Cache& survivor() { return *survivor_; }
    const std::string& path() const noexcept { return path_; }
    const Operation& operation() const noexcept { return operation_; }
    const Answers& answers() const noexcept { return answers_; }
    const std::map<std::string, std::string>& contents() const noexcept { return contents_; }
    Options options() const;

  private:
    std::chrono::nanoseconds write_everywhere();
    void work_on();
    void restore() const;

    Operation operation_;
    TemporaryDirectory directory_;
    std::string path_ = directory_.file("cache");
    std::map<std::string, std::string> contents_;
    Snapshot prepared_;
    Answers answers_;
    std::optional<Cache> survivor_;
    std::uint64_t evictions_ = 0;  // as of reset()
};

/// What a key reads as: its value, kAbsent, or the error.
std::string answer_of(const Cache& cache, const std::string& key);

}  // namespace larder::tests
