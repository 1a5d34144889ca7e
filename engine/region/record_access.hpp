// Reading records where they lie, with every offset and length checked before it is used.
#pragma once

#include "engine/format/record.hpp"
#include "engine/platform/shared_bytes.hpp"
#include "engine/region/region.hpp"

#include <optional>
#include <string_view>

namespace larder::region {

/// A record found at an offset: its decoded header, and where its parts are. The bytes may change under a reader's eyes;
/// the bounds hold whatever they become.
struct RecordAt {
    std::uint64_t offset = 0;
    format::RecordMeta meta;

    std::uint64_t key_at() const noexcept { return offset + meta.header_bytes(); }
    std::uint64_t payload_at() const noexcept { return key_at() + meta.key_length; }
};

/// Decodes the record at `offset`. False when the offset is outside the segments, or a length leads out of its segment.
inline bool read_record(const Region& region, std::uint64_t offset, RecordAt& out) noexcept {
    const format::Geometry& g = region.geometry();
    if (!g.holds_records(offset)) return false;
    const std::uint64_t room = g.segment_size - ((offset - g.segments_begin) & (g.segment_size - 1));
    std::byte head[format::kMaxFieldBytes] = {};
    platform::copy_from_shared(head, region.at(offset), format::kRecordHeaderBytes);
    if ((static_cast<std::uint8_t>(head[4]) & format::kFieldFlags) != 0) {
        platform::copy_from_shared(head + 8, region.at(offset) + 8, (room < sizeof head ? room : sizeof head) - 8);
    }
    out.offset = offset;
    return format::decode_meta(head, out.meta) &&
           out.meta.header_bytes() + out.meta.key_length + out.meta.payload_bytes() <= room;
}

/// The key's bytes in place. For owners of the shard's lock: nobody else changes them.
inline std::string_view key_in_place(const Region& region, const RecordAt& record) noexcept {
    return {reinterpret_cast<const char*>(region.at(record.key_at())), record.meta.key_length};
}

/// The hash of the key the record belongs to (for a fragment: its owner's key).
inline std::uint64_t owner_hash(const Region& region, const RecordAt& record) noexcept {
    if (record.meta.is(format::kFragment)) {
        std::uint64_t hash = 0;
        platform::copy_from_shared(&hash, region.at(record.key_at()), sizeof hash);
        return hash;
    }
    return format::hash_key(key_in_place(region, record), region.header().hash_seed);
}

/// The n-th fragment of a fragmented record, as it stands there (unchecked).
inline format::Fragment read_fragment(const Region& region, const RecordAt& record, std::uint32_t n) noexcept {
    format::Fragment fragment{};
    platform::copy_from_shared(&fragment, region.at(record.payload_at() + n * sizeof fragment), sizeof fragment);
    return fragment;
}

/// What the record's checksum must be, given the hash of its payload bytes.
inline std::uint32_t expected_checksum(const Region& region, const RecordAt& record, std::uint64_t payload_hash,
                                       std::uint64_t key_hash) noexcept {
    const std::uint64_t generation =
        region.generation(region.geometry().segment_of(record.offset)).load(std::memory_order_relaxed);
    return format::record_checksum(payload_hash, key_hash, record.meta, generation, record.offset);
}

/// Whether the record's bytes, read in place, have the checksum its header says. For owners of the lock, recovery and the
/// checker.
inline bool checksum_holds(const Region& region, const RecordAt& record, std::uint64_t key_hash) noexcept {
    const std::uint64_t payload = format::hash_bytes(region.at(record.payload_at()), record.meta.payload_bytes());
    return expected_checksum(region, record, payload, key_hash) == record.meta.checksum;
}

/// The version of the record in `segment`'s present generation.
inline std::uint64_t version_of(const Region& region, const RecordAt& record) noexcept {
    if (record.meta.version != 0) return record.meta.version;
    const format::Geometry& g = region.geometry();
    const std::uint64_t generation = region.generation(g.segment_of(record.offset)).load(std::memory_order_relaxed);
    return format::birth_version(generation, (record.offset - g.segments_begin) & (g.segment_size - 1));
}

}  // namespace larder::region
