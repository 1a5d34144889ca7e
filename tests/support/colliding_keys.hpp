// Keys that only a look at their records can tell apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace larder::tests {

/// Keys of one tag, and of one bucket in any shard of 256 buckets or fewer; of one shard if there is only one.
std::vector<std::string> colliding_keys(std::uint64_t hash_seed, std::size_t count);

}  // namespace larder::tests
