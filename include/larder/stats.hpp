// Counters and gauges. Counters only grow, and add up over all processes that ever attached, dead ones included.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace larder {

/// Events, each counted once, by the process that caused it. Read-only handles count in private memory.
struct Counters {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t sets = 0;     ///< records written by any operation that stores a value
    std::uint64_t removes = 0;  ///< records removed on request, clear() included
    /// Records dropped because their time had come. One that is overwritten after it may count as replaced.
    std::uint64_t expirations = 0;
    std::uint64_t evictions = 0;        ///< live records dropped to make space
    std::uint64_t replaced = 0;         ///< sets that took the place of a record of the same key
    std::uint64_t moved = 0;            ///< records copied to another segment to be kept
    std::uint64_t reclaimed_bytes = 0;  ///< bytes of segments emptied for reuse
    std::uint64_t retries = 0;          ///< reads that had to look again because of a concurrent write
    std::uint64_t take_overs = 0;       ///< locks taken from dead processes
    std::uint64_t flushes = 0;
    std::uint64_t hit_marks = 0;  ///< hit-counter writes made by gets
};

/// One attached (or dead and not yet cleaned up) process.
struct ProcessStats {
    std::uint32_t index = 0;  ///< in the process table
    std::uint32_t pid = 0;    ///< in its own PID namespace
    std::uint64_t pid_namespace = 0;
    std::uint32_t uid = 0;
    std::string name;
    std::int64_t attached_at_ms = 0;  ///< since the Unix epoch
    bool alive = false;
    Counters counters;                         ///< since it attached
    std::vector<std::uint32_t> locked_shards;  ///< whose locks it holds at the moment; a dead one's are taken over when needed
};

/// How the file was left, or is.
enum class FileCondition : std::uint8_t {
    clean,        ///< closed by its last user, all on disk
    in_use,       ///< attached in this boot, or left behind by a process that was killed: nothing to be done
    interrupted,  ///< in use when the machine went down: the next handle that opens it for writing recovers it
};

struct Stats {
    Counters counters;
    FileCondition condition = FileCondition::in_use;

    std::uint64_t records = 0;       ///< live records, expired ones that have not been dropped yet included
    std::uint64_t record_bytes = 0;  ///< bytes of live records: header, key, value, alignment
    std::uint64_t capacity = 0;
    std::uint64_t reservation = 0;
    std::uint64_t committed_bytes =
        0;  ///< of the capacity: fixed areas, index, segments in use and the rest of their last large page
    std::uint64_t index_bytes = 0;    ///< of committed_bytes
    std::uint64_t fixed_bytes = 0;    ///< of committed_bytes: header, process table, shards, segment table
    std::uint64_t segment_bytes = 0;  ///< of committed_bytes
    std::uint64_t dead_bytes = 0;     ///< of segment_bytes: written, and no longer reachable
    std::uint64_t slots = 0;          ///< in the index
    double load = 0;                  ///< records / slots
    std::uint32_t shards = 0;
    std::uint32_t segment_size = 0;
    std::uint32_t segments = 0;  ///< in use
    std::int64_t oldest_ms = 0;  ///< age of the oldest segment in use, in milliseconds; 0 when empty
    std::uint64_t flush_epoch = 0;
    std::uint64_t recoveries = 0;
    std::vector<ProcessStats> processes;
};

}  // namespace larder
