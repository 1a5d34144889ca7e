// Worker processes on one cache file, and what must hold when they are done.
#pragma once

#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/journal.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/worker.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace larder::tests {

struct CrewOptions {
    Options cache;
    std::uint32_t workers = 4;
    std::uint64_t operations = 0;  ///< of each worker; 0: until stop()
    bool evicting = false;
    bool may_be_busy = false;
    /// Workers attach anew, fork and (where records may be evicted) change the capacity now and then.
    bool restless = false;
    /// Each worker's, in turn.
    std::vector<Surroundings> surroundings{{}};
};

class Crew {
  public:
    explicit Crew(const CrewOptions& options);

    const std::string& path() const noexcept { return path_; }
    Cache& cache() noexcept { return cache_; }
    const Journal& journal() const noexcept { return journal_; }
    ChildProcess& worker(std::size_t number) { return workers_.at(number); }
    std::size_t size() const noexcept { return workers_.size(); }
    std::uint64_t operations() const;

    void start(std::uint32_t number);
    void start_all();
    /// One more, that has a read-only handle.
    void start_reader();
    /// Fails the test if a worker ended by itself with an error.
    void require_no_failure();
    /// Lets the workers end, and looks at what they say and leave. `kills`: how many of them were killed on the way.
    void finish(std::uint64_t kills = 0);

  private:
    ChildProcess make(std::uint32_t number, bool read_only);
    void report(std::uint64_t kills) const;
    void await_orphans() const;

    CrewOptions options_;
    TemporaryDirectory directory_;
    std::string path_ = directory_.file("cache");
    Journal journal_{directory_.file("journal")};
    Cache cache_;
    std::vector<ChildProcess> workers_;
    std::vector<ChildProcess> readers_;
};

}  // namespace larder::tests
