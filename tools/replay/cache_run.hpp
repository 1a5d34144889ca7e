// A trace replayed through a real cache file, cache-aside: a get that misses stores the value it did not find.
#pragma once

#include "replay/outcome.hpp"
#include "replay/space_use.hpp"
#include "replay/trace.hpp"

#include <larder/cache.hpp>

#include <cstdint>
#include <string>

namespace larder::tools {
class Session;
}

namespace larder::tools::replay {

/// Which time makes records expire.
enum class Clock : std::uint8_t {
    /// That of the trace, however fast it is replayed. The cache keeps each record's end, shifted into the far future so that
    /// it never acts on it; the replay compares, removes what has expired, and counts a miss.
    trace,
    /// That of the machine: the TTLs are the cache's business.
    wall,
};

struct CacheRunOptions {
    Options cache;
    Clock clock = Clock::trace;
    bool check_values = false;
    bool verify = false;  ///< every invariant of the file, at the end
};

struct CacheRun {
    Outcome outcome;
    SpaceUse space;
    Stats stats;
    std::uint64_t wrong_values = 0;  ///< hits whose bytes are not what was stored; only with check_values
    double seconds = 0;
};

/// Makes the cache file, which must not exist yet, and leaves it there. Throws Failure.
CacheRun replay_through_cache(const Trace& trace, const std::string& path, const CacheRunOptions& options,
                              const Session& session);

}  // namespace larder::tools::replay
