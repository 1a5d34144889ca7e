// Where the bytes of a cache's capacity are. The parts add up to the capacity.
#pragma once

#include <larder/cache.hpp>

#include <cstdint>

namespace larder::tools::replay {

struct SpaceUse {
    std::uint64_t capacity = 0;
    std::uint64_t payload = 0;   ///< keys and values of live records
    std::uint64_t framing = 0;   ///< record headers and alignment
    std::uint64_t dead = 0;      ///< written, no longer reachable
    std::uint64_t unfilled = 0;  ///< of segments in use: tails, active segments, spares
    std::uint64_t index = 0;
    std::uint64_t fixed = 0;        ///< header, process table, shards, segment table
    std::uint64_t uncommitted = 0;  ///< of the capacity: segments that nobody has taken yet

    std::uint64_t overhead() const noexcept { return capacity - payload; }
};

/// Walks over all records of the cache.
SpaceUse measure_space(const Cache& cache, const Stats& stats);

}  // namespace larder::tools::replay
