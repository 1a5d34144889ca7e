// What is kept for each segment, outside of it. engine/FORMAT.md, section 5.
#pragma once

#include "engine/format/shard.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace larder::format {

/// SegmentEntry::state, one word, so that one compare-and-swap takes a free segment:
/// bits 0 to 3 use, bits 8 to 31 the shard it belongs to. Zero is free.
enum class SegmentUse : std::uint32_t { free = 0, spare = 1, small = 2, main = 3 };

constexpr std::uint32_t make_segment_state(SegmentUse use, std::uint32_t shard) noexcept {
    return use == SegmentUse::free ? 0 : (shard << 8) | static_cast<std::uint32_t>(use);
}
constexpr SegmentUse use_of(std::uint32_t state) noexcept { return static_cast<SegmentUse>(state & 0xf); }
constexpr std::uint32_t shard_of_state(std::uint32_t state) noexcept { return state >> 8; }
constexpr SegmentUse use_for(Queue queue) noexcept { return queue == Queue::small ? SegmentUse::small : SegmentUse::main; }

inline constexpr std::uint32_t kSegmentCommitted = 1;

/// Bytes of a segment that expire by about the same time: bits 0 to 23 how many, bits 24 to 31 by when, in steps from the
/// segment's opened_at_ms that grow with the distance. Zero: none.
using ExpiringBytes = std::uint32_t;
inline constexpr unsigned kExpiryGroups = 6;

/// Steps are an eighth of a power of two of 128 ms: no record's time is put off by more than an eighth of its distance.
constexpr std::uint64_t expiry_step_ms(std::uint32_t step) noexcept {
    return static_cast<std::uint64_t>(8 + (step & 7)) << ((step >> 3) + 4);
}

struct alignas(64) SegmentEntry {
    std::atomic<std::uint32_t> state;
    std::atomic<std::uint32_t> flags;         ///< kSegmentCommitted: its space is allocated
    std::atomic<std::uint32_t> write_offset;  ///< bytes of whole records from its beginning
    std::atomic<std::uint32_t> live_bytes;    ///< of those, bytes that slots lead to
    SharedU32 next;                           ///< in its queue; kNoSegment: last
    std::uint32_t reserved_word;
    std::atomic<std::int64_t> opened_at_ms;
    /// The latest expiry among its records, in milliseconds since the epoch; INT64_MAX when one never expires.
    std::atomic<std::int64_t> latest_expiry_ms;
    /// What else expires before the last of its records, in groups; overwritten and moved records are not taken off again.
    /// A hint: any value will do.
    std::array<ExpiringBytes, kExpiryGroups> expiring;
};
static_assert(sizeof(SegmentEntry) == kSegmentEntryBytes);
static_assert(offsetof(SegmentEntry, opened_at_ms) == 24);

}  // namespace larder::format
