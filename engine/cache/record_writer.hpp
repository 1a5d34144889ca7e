// Writing records into a shard's active segments: whole before anything leads to them.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/cache/ledger.hpp"
#include "engine/format/isa.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/region/record_access.hpp"
#include "engine/segments/log.hpp"

#include <string_view>
#include <vector>

namespace larder::cache {

using format::Queue;

/// What is to be written. The value may come in two pieces (append, prepend).
struct NewRecord {
    std::string_view key;
    std::uint64_t key_hash = 0;
    std::string_view value;
    std::string_view value_tail{};
    std::uint32_t client_flags = 0;
    std::int64_t expires_at_ms = 0;
    std::uint64_t version = 0;  ///< 0: born here

    std::size_t value_length() const noexcept { return value.size() + value_tail.size(); }
};

/// The header of a record that holds its whole value.
inline format::RecordMeta whole_meta(const NewRecord& record) noexcept {
    format::RecordMeta meta;
    meta.key_length = static_cast<std::uint16_t>(record.key.size());
    meta.value_length = static_cast<std::uint32_t>(record.value_length());
    meta.client_flags = record.client_flags;
    meta.version = record.version;
    meta.expires_at_ms = record.expires_at_ms;
    format::choose_flags(meta);
    return meta;
}
/// Bytes such a record takes.
inline std::size_t whole_bytes(const NewRecord& record) noexcept { return whole_meta(record).stored_bytes(); }
/// Whether a record is so large that it should be split rather than waste the rest of a segment.
bool is_large(const LockedShard& shard, std::size_t stored_bytes, std::size_t value_bytes) noexcept;
/// Whether the value must or should be kept in fragments: it fits no segment, or would waste too much of one.
bool prefers_fragments(const LockedShard& shard, const NewRecord& record) noexcept;
/// How many fresh segments a fragmented record takes, at most.
std::uint32_t segments_needed(const LockedShard& shard, Queue queue, const NewRecord& record) noexcept;

/// Writes a record at the end of the queue's active segment. REQUIRES: room for it. Returns its slot word (no hits); 0 where
/// the room has gone, which only damage brings about.
SlotWord write_whole(LockedShard& shard, Queue queue, const NewRecord& record);
/// Where the pieces of a value go.
struct PieceTarget {
    Queue queue;
    bool from_reserve;
    std::uint64_t key_hash;
    std::int64_t expires_at_ms;
};
/// Writes bytes as fragments, filling segments to their ends, and adds them to the table. False when space ran out.
bool write_pieces(LockedShard& shard, const PieceTarget& target, std::string_view bytes,
                  std::vector<format::Fragment>& fragments);
/// A fragment table as a record's payload.
std::string_view as_payload(const std::vector<format::Fragment>& fragments) noexcept;
/// Writes the value as fragments, then the record that lists them. REQUIRES: segments_needed() spares beyond the reserve.
/// Returns 0 when space ran out (what was written is dead).
SlotWord write_fragmented(LockedShard& shard, Queue queue, const NewRecord& record);

inline namespace LARDER_ISA {

/// A record that stands at its place but for its first word. Until that is there no checksum lets it pass, whatever becomes of
/// it.
struct Headless {
    std::uint64_t offset = 0;
    std::uint64_t head = 0;
};

/// Writes a simple record (`expires_at_ms` 0: never), but for its first word, to a place that has room for it.
[[gnu::always_inline]] inline Headless draft_simple(const LockedShard& shard, const segments::Place& place, std::string_view key,
                                                    std::string_view value, std::uint64_t hash, std::int64_t expires_at_ms) {
    const bool expires = expires_at_ms != 0;
    const std::uint64_t offset = shard.geometry().segment_at(place.segment) + place.used;
    const std::uint64_t generation = shard.region.generation(place.segment).load(std::memory_order_relaxed);
    std::byte* const at = shard.region.at(offset);
    std::byte* const its_key = at + format::simple_head_bytes(expires);
    platform::copy_short_to_shared(its_key, key.data(), key.size());
    // A view of nothing may be null, from which nothing may be copied either.
    const char* const given = value.data() != nullptr ? value.data() : "";
    std::uint64_t sum = region::copy_and_sum_to_shared(its_key + key.size(), given, value.size());
    std::uint64_t lengths = format::RecordHead::lengths(key.size(), value.size());
    if (expires) {
        platform::copy_to_shared(at + format::kRecordHeaderBytes, &expires_at_ms, sizeof expires_at_ms);
        sum = format::mix_expiry(sum, expires_at_ms);
        lengths |= format::kHasExpiry;
    }
    LARDER_FAULT_POINT("record.half_written");
    return {offset, lengths << 32 | format::bound_checksum(sum, format::bind_to(hash, lengths, generation, offset))};
}

/// Writes its first word. The record is whole then.
[[gnu::always_inline]] inline void write_head(const LockedShard& shard, const Headless& record) {
    platform::copy_to_shared(shard.region.at(record.offset), &record.head, sizeof record.head);
    LARDER_FAULT_POINT("record.written");
}

}  // namespace LARDER_ISA

/// A record to be written byte for byte but for its header: for moves.
struct RawRecord {
    format::RecordMeta meta;
    std::uint64_t key_hash = 0;
    std::string_view key;      ///< as stored (for a fragment: its owner's hash)
    std::string_view payload;  ///< as stored
    std::string_view payload_tail{};
};
/// Writes it. REQUIRES: room for it. Returns its offset in the file; 0 as write_whole().
std::uint64_t write_raw(LockedShard& shard, Queue queue, const RawRecord& record);
/// The line of a fragment table for the fragment just written at `offset`.
format::Fragment list_fragment(const LockedShard& shard, std::uint64_t offset, std::size_t length) noexcept;
/// The slot word for a record just written at `offset`.
inline SlotWord word_for(const LockedShard& shard, std::uint64_t offset, std::uint64_t hash, unsigned hits = 0) noexcept {
    const std::uint64_t generation = shard.region.generation(shard.geometry().segment_of(offset)).load(std::memory_order_relaxed);
    return format::make_slot(offset, generation, format::tag_from_hash(hash), hits);
}

}  // namespace larder::cache
