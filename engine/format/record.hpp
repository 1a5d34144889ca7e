// The record: what a slot leads to. Immutable once published. engine/FORMAT.md, section 9.
//
//   checksum (4) | flags (1) | key length (1) | value length (2) | fields as the flags say | key | value | zeros to 8 bytes
//
// Fields, each present only if its flag is set, in this order:
//   wide (8):         value length (4), key length (2), number of fragments (2); replaces the short lengths
//   version (8)       only for records that have been moved or touched; others derive it from where they were born
//   expiry (8)        milliseconds since the Unix epoch
//   soft expiry (8)
//   client flags (8)  32 bits, then zeros
//
// A value that does not fit where it would have to go is kept in fragments: records of their own whose key is the hash of
// the owner's key (8 bytes). The owner's record then holds, in place of the value, a Fragment for each of them.
//
// A key of more than 8 KiB is kept in fragments too, ahead of the value: its record has no key bytes of its own.
//
// A record without a key is a filler: recovery puts it where it found no whole record, so that a walk over a segment always
// goes from record to record.
#pragma once

#include "engine/format/hash.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder::format {

enum RecordFlag : std::uint8_t {
    kWide = 1,
    kHasVersion = 2,
    kHasExpiry = 4,
    kHasSoftExpiry = 8,
    kHasClientFlags = 16,
    kFragmented = 32,  ///< the value is in fragments
    kFragment = 64,    ///< a part of another record's value
    kLease = 128,      ///< reserved: the right to compute a missing value; reads as absent
};

/// The flags that say which fields follow the header.
inline constexpr std::uint8_t kFieldFlags = kWide | kHasVersion | kHasExpiry | kHasSoftExpiry | kHasClientFlags;
inline constexpr std::size_t kRecordAlignment = 8;
constexpr std::size_t align_record(std::size_t bytes) noexcept {
    return (bytes + kRecordAlignment - 1) & ~(kRecordAlignment - 1);
}
inline constexpr std::size_t kRecordHeaderBytes = 8;
/// Header and all fields.
inline constexpr std::size_t kMaxFieldBytes = 48;
/// The longest that the short lengths in a header tell.
inline constexpr std::size_t kMaxShortKeyBytes = 0xff;
inline constexpr std::size_t kMaxShortValueBytes = 0xffff;
inline constexpr std::size_t kMaxKeyBytes = 65535;
/// Longer keys are kept in fragments, so that a record's own part fits every segment.
inline constexpr std::size_t kMaxInlineKeyBytes = 8192;

/// Where a part of a fragmented value is.
struct Fragment {
    std::uint64_t offset;  ///< of the fragment's record in the file
    std::uint32_t length;  ///< bytes of the value in it
    /// The checksum of the fragment's record: binds the parts of one value together, so that no part of another value of the
    /// same key ever stands in.
    std::uint32_t checksum;
};
static_assert(sizeof(Fragment) == 16);
inline constexpr std::uint32_t kMaxFragments = 65535;

/// Bytes of the fields that a set of flags stands for, 8 each.
inline constexpr std::array<std::uint8_t, 32> kFieldBytes = [] {
    std::array<std::uint8_t, 32> bytes{};
    for (unsigned flags = 0; flags < bytes.size(); ++flags) {
        for (unsigned bit = 0; bit < 5; ++bit) bytes[flags] = static_cast<std::uint8_t>(bytes[flags] + 8 * ((flags >> bit) & 1));
    }
    return bytes;
}();

/// A record's header and fields, decoded.
struct RecordMeta {
    std::uint32_t checksum = 0;
    std::uint8_t flags = 0;
    std::uint16_t key_length = 0;
    std::uint16_t fragments = 0;
    std::uint32_t value_length = 0;  ///< of the whole value, fragments and all
    std::uint32_t client_flags = 0;
    std::uint64_t version = 0;  ///< 0: derive it
    std::int64_t expires_at_ms = 0;
    std::int64_t soft_expires_at_ms = 0;

    bool is(RecordFlag flag) const noexcept { return (flags & flag) != 0; }
    std::size_t header_bytes() const noexcept { return kRecordHeaderBytes + kFieldBytes[flags & kFieldFlags]; }
    bool has_long_key() const noexcept { return key_length > kMaxInlineKeyBytes; }
    /// Bytes of the key in the record itself.
    std::size_t inline_key_bytes() const noexcept { return has_long_key() ? 0 : key_length; }
    /// Bytes in all fragments together.
    std::size_t fragmented_bytes() const noexcept { return value_length + (has_long_key() ? std::size_t{key_length} : 0); }
    /// Bytes behind the key: the value, or the fragment table.
    std::size_t payload_bytes() const noexcept { return is(kFragmented) ? fragments * sizeof(Fragment) : value_length; }
    /// Bytes the record takes in its segment.
    std::size_t stored_bytes() const noexcept { return align_record(header_bytes() + inline_key_bytes() + payload_bytes()); }
};

/// A record is simple if it has no field but perhaps an expiry: what nearly all are. It is plain if it has none at all.
///
/// Bytes before a simple record's key.
constexpr std::size_t simple_head_bytes(bool expires) noexcept {
    return kRecordHeaderBytes + (expires ? sizeof(std::int64_t) : 0);
}
/// Bytes that a simple record takes.
constexpr std::size_t simple_record_bytes(std::size_t key_bytes, std::size_t value_bytes, bool expires) noexcept {
    return align_record(simple_head_bytes(expires) + key_bytes + value_bytes);
}

/// Sets kWide, and the flags of the fields that have a value.
inline void choose_flags(RecordMeta& meta) noexcept {
    unsigned flags = meta.flags & ~unsigned{kFieldFlags};
    if (meta.key_length > kMaxShortKeyBytes || meta.value_length > kMaxShortValueBytes || meta.is(kFragmented)) flags |= kWide;
    if (meta.version != 0) flags |= kHasVersion;
    if (meta.expires_at_ms != 0) flags |= kHasExpiry;
    if (meta.soft_expires_at_ms != 0) flags |= kHasSoftExpiry;
    if (meta.client_flags != 0) flags |= kHasClientFlags;
    meta.flags = static_cast<std::uint8_t>(flags);
}
/// Encodes header and fields (without the checksum, which stays zero); `out` has kMaxFieldBytes. Returns how many bytes.
std::size_t encode_meta(const RecordMeta& meta, std::byte* out) noexcept;
/// Decodes what encode_meta() wrote, from at least kMaxFieldBytes of private bytes. False: not a record.
bool decode_meta(const std::byte* in, RecordMeta& meta) noexcept;

__extension__ using Product = unsigned __int128;

/// The two halves of the 128-bit product, xored.
constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    const Product product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
inline constexpr std::uint64_t kOddMultiplier = 0xC2B2AE3D27D4EB4FULL;
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    return fold(a ^ 0x9E3779B185EBCA87ULL, b ^ kOddMultiplier);
}

/// What the fields add to a payload's sum.
std::uint64_t mix_fields(std::uint64_t sum, const RecordMeta& meta) noexcept;
/// The same where an expiry is the only field.
constexpr std::uint64_t mix_expiry(std::uint64_t sum, std::int64_t expires_at_ms) noexcept {
    return mix(mix(sum, static_cast<std::uint64_t>(expires_at_ms)), 0);
}

/// What a checksum is bound to besides the payload: when and where the record was written, and what it is.
struct Binding {
    std::uint64_t place;
    std::uint64_t name;
};
/// `lengths` is what the second half of a simple record's head says.
constexpr Binding bind_to(std::uint64_t key_hash, std::uint64_t lengths, std::uint64_t generation,
                          std::uint64_t offset) noexcept {
    return {kOddMultiplier ^ generation ^ (offset << 20), key_hash ^ lengths};
}
/// The last step of a checksum.
constexpr std::uint32_t bound_checksum(std::uint64_t sum, Binding binding) noexcept {
    const std::uint64_t bound = fold(sum + binding.name, binding.place);
    return static_cast<std::uint32_t>(bound ^ (bound >> 32));
}

/// The checksum of a record: binds the value's bytes (or the fragment table's) to the key, the header, the place and the
/// generation of the segment, so that stale bytes of another time or place never pass.
inline std::uint32_t record_checksum(std::uint64_t payload_sum, std::uint64_t key_hash, const RecordMeta& meta,
                                     std::uint64_t generation, std::uint64_t offset) noexcept {
    const std::uint64_t lengths = (std::uint64_t{meta.value_length} << 16) ^ (std::uint64_t{meta.key_length} << 8) ^ meta.flags;
    if ((meta.flags & ~kWide) != 0) [[unlikely]]
        payload_sum = mix_fields(payload_sum, meta);
    return bound_checksum(payload_sum, bind_to(key_hash, lengths, generation, offset));
}

/// The first eight bytes of a record as one word.
struct RecordHead {
    std::uint64_t word = 0;

    std::uint32_t checksum() const noexcept { return static_cast<std::uint32_t>(word); }
    bool is_simple() const noexcept { return (flags() & ~kHasExpiry) == 0; }
    bool is_simple_with(std::size_t key_bytes) const noexcept {
        return ((word >> 32 & 0xffff) & ~std::uint64_t{kHasExpiry}) == key_bytes << 8;
    }
    /// Whether an expiry follows.
    bool expires() const noexcept { return (flags() & kHasExpiry) != 0; }
    std::uint8_t flags() const noexcept { return static_cast<std::uint8_t>(word >> 32); }
    /// The upper half of a plain record's head for these lengths.
    static constexpr std::uint64_t lengths(std::size_t key_bytes, std::size_t value_bytes) noexcept {
        return (value_bytes << 8 | key_bytes) << 8;
    }
    /// Bytes before the key if the record is simple.
    std::size_t bytes() const noexcept { return simple_head_bytes(expires()); }
    /// Bytes that the record takes if it is simple.
    std::size_t stored_bytes() const noexcept { return simple_record_bytes(key_length(), value_length(), expires()); }
    std::uint8_t key_length() const noexcept { return static_cast<std::uint8_t>(word >> 40); }
    std::uint16_t value_length() const noexcept { return static_cast<std::uint16_t>(word >> 48); }
};
static_assert(sizeof(RecordHead) == kRecordHeaderBytes);

/// decode_meta() of a simple record's first word (a filler's among them). Each member is stored where it stays: a copy of a
/// structure that was just stored in pieces costs more than all else here.
inline void decode_simple(const RecordHead& head, RecordMeta& meta) noexcept {
    meta.checksum = head.checksum();
    meta.flags = head.flags();
    meta.key_length = head.key_length();
    meta.fragments = 0;
    meta.value_length = head.value_length();
    meta.client_flags = 0;
    meta.version = 0;
    meta.expires_at_ms = 0;
    meta.soft_expires_at_ms = 0;
}

/// record_checksum() of a simple record, whose sum has its expiry mixed in.
inline std::uint32_t head_checksum(std::uint64_t payload_sum, std::uint64_t key_hash, const RecordHead& head,
                                   std::uint64_t generation, std::uint64_t offset) noexcept {
    return bound_checksum(payload_sum, bind_to(key_hash, head.word >> 32, generation, offset));
}

/// The version of a record that carries none: where and when it was born. Never zero, never used again.
constexpr std::uint64_t birth_version(std::uint64_t generation, std::uint64_t offset_in_segment) noexcept {
    return (generation << 20) | (offset_in_segment >> 3);
}

}  // namespace larder::format
