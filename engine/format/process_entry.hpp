// What is kept for each attached process (each handle that may write). engine/FORMAT.md, section 3.
#pragma once

#include "engine/format/geometry.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace larder::format {

/// What is counted. Order is part of the format.
enum class Count : std::uint32_t {
    hits,
    misses,
    sets,
    removes,
    expirations,
    evictions,
    replaced,
    moved,
    reclaimed_bytes,
    retries,
    take_overs,
    flushes,
    hit_marks,
    unreplaced  ///< sets that counted as `replaced`, and turned out to have displaced another key's record
};
inline constexpr unsigned kCounts = 16;  ///< two in reserve

/// Two lines that one thread at a time adds to; they only ever grow, also when the index changes hands.
struct alignas(128) CounterStripe {
    std::array<std::atomic<std::uint64_t>, kCounts> counts;
};
static_assert(sizeof(CounterStripe) == 128);

/// Each thread has a stripe of its own but for the threads beyond, who share the last one.
inline constexpr unsigned kStripes = 14;

enum class ProcessState : std::uint32_t { free = 0, attached = 1 };

struct alignas(128) ProcessEntry {
    std::atomic<std::uint32_t> state;
    std::atomic<std::uint32_t> pid;
    std::atomic<std::uint64_t> pid_namespace;
    std::atomic<std::int64_t> attached_at_ms;
    std::atomic<std::uint32_t> uid;
    std::uint32_t reserved_word;
    std::array<char, 16> name;
    std::array<std::byte, 16> reserved;
    /// Segments (number + 1) that may not be reused while this process lives; 0: none.
    std::array<std::atomic<std::uint32_t>, 16> pins;
    CounterStripe baseline;  ///< the sums of the stripes when this process attached
    std::array<CounterStripe, kStripes> stripes;
};
static_assert(offsetof(ProcessEntry, pins) == 64);
static_assert(offsetof(ProcessEntry, baseline) == 128);
static_assert(sizeof(ProcessEntry) == kProcessBytes);

}  // namespace larder::format
