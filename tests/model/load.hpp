// Numbered keys with values of fixed sizes, for tests of what a full cache keeps.
#pragma once

#include "tests/support/random.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/cache.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace larder::tests {

/// Sizes of values: each key has one of its own between the two.
struct Sizes {
    std::uint64_t least;
    std::uint64_t most;
};

class Load {
  public:
    Load(const Options& options, Sizes sizes);
    Cache& cache() noexcept { return cache_; }
    Random& random() noexcept { return random_; }

    void set(std::uint64_t key, Ttl ttl = Ttl::never());
    bool get(std::uint64_t key);
    /// Keys whose records take about so many bytes.
    std::uint64_t keys_for(std::uint64_t bytes) const;
    /// Of the capacity, what is left for records beside fixed areas and an index for records of this size.
    std::uint64_t room_for_records();
    /// How many of every `step`th key from begin to end - 1 are not there.
    std::uint64_t missing(std::uint64_t begin, std::uint64_t end, std::uint64_t step = 1);
    /// How many of the first `keys` are there, a number for each shard.
    std::vector<std::uint64_t> present_by_shard(std::uint64_t keys);
    std::uint32_t shard_of(std::uint64_t key) const;

  private:
    static std::string name_of(std::uint64_t key);
    std::uint64_t size_of(std::uint64_t key) const;
    std::uint64_t mean_bytes() const;

    TemporaryDirectory directory_;
    Cache cache_;
    Sizes sizes_;
    Random random_{seed()};
    std::string value_;
    std::uint64_t hash_seed_ = 0;
    std::uint32_t shards_ = 0;
};

}  // namespace larder::tests
