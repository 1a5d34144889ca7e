// Reading records where they lie, with every offset and length checked before it is used.
#pragma once

#include "engine/format/payload_sum.hpp"
#include "engine/format/record.hpp"
#include "engine/platform/shared_bytes.hpp"
#include "engine/region/region.hpp"

#include <string>
#include <string_view>

namespace larder::region {

/// A record found at an offset: its decoded header, and where its parts are. The bytes may change under a reader's eyes;
/// the bounds hold whatever they become.
struct RecordAt {
    std::uint64_t offset = 0;
    format::RecordMeta meta;

    std::uint64_t key_at() const noexcept { return offset + meta.header_bytes(); }
    std::uint64_t payload_at() const noexcept { return key_at() + meta.inline_key_bytes(); }
};

/// The rest of read_record() for records with other fields than an expiry, or fragments. `room` is what is left of the segment.
bool read_fields(const Region& region, std::uint64_t offset, std::uint64_t room, RecordAt& out) noexcept;

/// The expiry of a simple record that has one. REQUIRES: the record ends within its segment.
inline std::int64_t read_expiry(const Region& region, std::uint64_t offset) noexcept {
    std::int64_t expires_at_ms = 0;
    platform::copy_from_shared(&expires_at_ms, region.at(offset) + format::kRecordHeaderBytes, sizeof expires_at_ms);
    return expires_at_ms;
}

/// Decodes the record at `offset`. False when the offset is outside the segments, or a length leads out of its segment.
inline bool read_record(const Region& region, std::uint64_t offset, RecordAt& out) noexcept {
    const format::Geometry& g = region.geometry();
    if (!g.holds_records(offset) || offset % format::kRecordAlignment != 0) return false;
    const std::uint64_t room = g.segment_size - ((offset - g.segments_begin) & (g.segment_size - 1));
    format::RecordHead head;
    platform::copy_from_shared(&head.word, region.at(offset), sizeof head.word);
    if (!head.is_simple()) [[unlikely]]
        return read_fields(region, offset, room, out);
    out.offset = offset;
    format::decode_simple(head, out.meta);
    if (head.bytes() + head.key_length() + head.value_length() > room) return false;
    if (!head.expires()) return true;
    out.meta.expires_at_ms = read_expiry(region, offset);
    return head.key_length() != 0;
}

/// The head of a simple record that ends within its segment. False where none is.
inline bool read_simple_head(const Region& region, std::uint64_t offset, format::RecordHead& head) noexcept {
    const format::Geometry& g = region.geometry();
    if (!g.holds_records(offset) || offset % format::kRecordAlignment != 0) return false;
    platform::copy_from_shared(&head.word, region.at(offset), sizeof head.word);
    return head.is_simple() && head.stored_bytes() <= g.segment_size - ((offset - g.segments_begin) & (g.segment_size - 1));
}
/// The bytes that a simple record takes; 0 where none is.
inline std::size_t simple_bytes(const Region& region, std::uint64_t offset) noexcept {
    format::RecordHead head;
    return read_simple_head(region, offset, head) ? head.stored_bytes() : 0;
}

/// The n-th fragment of a fragmented record, as it stands there (unchecked).
inline format::Fragment read_fragment(const Region& region, const RecordAt& record, std::uint32_t n) noexcept {
    format::Fragment fragment{};
    platform::copy_from_shared(&fragment, region.at(record.payload_at() + n * sizeof fragment), sizeof fragment);
    return fragment;
}

/// Copies up to `length` bytes from the beginning of a record's fragments. False when one is not to be read.
bool copy_from_fragments(const Region& region, const RecordAt& record, std::byte* to, std::size_t length) noexcept;
/// A copy of the record's key. False when it is kept in fragments that are not to be read.
bool copy_key(const Region& region, const RecordAt& record, std::string& key);
/// Whether the record's long key, kept in fragments, is `key`.
bool has_fragmented_key(const Region& region, const RecordAt& record, std::string_view key);
/// Whether the record's key is `key`.
inline bool has_key(const Region& region, const RecordAt& record, std::string_view key) {
    if (record.meta.key_length != key.size()) return false;
    if (record.meta.has_long_key()) [[unlikely]]
        return has_fragmented_key(region, record, key);
    return platform::equals_shared(key.data(), region.at(record.key_at()), key.size());
}
/// Whether both slot words lead to records of one key. For owners of the shard's lock, and recovery.
bool same_key(const Region& region, format::SlotWord a, format::SlotWord b);
/// owner_hash() of a fragment, or where the key is kept in fragments.
std::uint64_t owner_hash_otherwise(const Region& region, const RecordAt& record);
/// The hash of the key the record belongs to (for a fragment: its owner's key). For owners of the shard's lock.
inline std::uint64_t owner_hash(const Region& region, const RecordAt& record) {
    if (record.meta.is(format::kFragment) || record.meta.has_long_key()) [[unlikely]]
        return owner_hash_otherwise(region, record);
    return region.hash({reinterpret_cast<const char*>(region.at(record.key_at())), record.meta.key_length});
}

inline namespace LARDER_ISA {

/// Copies bytes out of the mapping and sums what was copied.
inline std::uint64_t copy_and_sum_from_shared(void* to, const void* from, std::size_t length) noexcept {
#if defined(LARDER_TSAN)
    platform::copy_from_shared(to, from, length);
    return format::payload_sum(to, length);
#else
    return format::copy_and_sum(to, from, length);
#endif
}
/// Copies private bytes into the mapping and sums them.
inline std::uint64_t copy_and_sum_to_shared(void* to, const void* from, std::size_t length) noexcept {
#if defined(LARDER_TSAN)
    platform::copy_to_shared(to, from, length);
    return format::payload_sum(from, length);
#else
    return format::copy_and_sum(to, from, length);
#endif
}

}  // namespace LARDER_ISA

/// What the record's checksum must be, given the sum over its payload bytes.
inline std::uint32_t expected_checksum(const Region& region, const RecordAt& record, std::uint64_t payload_sum,
                                       std::uint64_t key_hash) noexcept {
    const std::uint64_t generation =
        region.generation(region.geometry().segment_of(record.offset)).load(std::memory_order_relaxed);
    return format::record_checksum(payload_sum, key_hash, record.meta, generation, record.offset);
}

inline namespace LARDER_ISA {

/// Whether the record's bytes, read in place, have the checksum its header says. For owners of the lock, recovery and the
/// checker.
inline bool checksum_holds(const Region& region, const RecordAt& record, std::uint64_t key_hash) noexcept {
    const std::uint64_t payload = format::payload_sum(region.at(record.payload_at()), record.meta.payload_bytes());
    return expected_checksum(region, record, payload, key_hash) == record.meta.checksum;
}

}  // namespace LARDER_ISA

/// The version of the record in `segment`'s present generation.
inline std::uint64_t version_of(const Region& region, const RecordAt& record) noexcept {
    if (record.meta.version != 0) return record.meta.version;
    const format::Geometry& g = region.geometry();
    const std::uint64_t generation = region.generation(g.segment_of(record.offset)).load(std::memory_order_relaxed);
    return format::birth_version(generation, (record.offset - g.segments_begin) & (g.segment_size - 1));
}

}  // namespace larder::region
