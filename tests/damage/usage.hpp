// Everything that can be done to a cache, done to one whose file cannot be trusted.
#pragma once

#include "tests/support/random.hpp"

#include <larder/cache.hpp>

#include <cstdint>
#include <string>

namespace larder::tests {

struct UsageCounts {
    std::uint64_t refused = 0;
    std::uint64_t taken = 0;
    std::uint64_t recovered = 0;
    std::uint64_t values = 0;         ///< read, and right
    std::uint64_t corrupt_reads = 0;  ///< the checksum told
};

class Usage {
  public:
    explicit Usage(UsageCounts& counts) noexcept : counts_(counts) {}

    /// Opens the file as `random` says, reads all, writes some, checks, dumps, closes.
    void open_and_use(const std::string& path, bool recovers, Random& random);
    void read_all(const Cache& cache);
    void dump(const Cache& cache, Random& random);
    void write_some(Cache& cache, Random& random, int steps);

    /// What was read that had never been stored; empty: nothing.
    const std::string& wrong() const noexcept { return wrong_; }

  private:
    void check(std::string_view key, std::string_view value);
    void read_many(const Cache& cache);
    void write_one(Cache& cache, Random& random);

    UsageCounts& counts_;
    std::string wrong_;
    std::string value_;
};

}  // namespace larder::tests
