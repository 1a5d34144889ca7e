#include "engine/region/identity.hpp"

#include "engine/format/hash.hpp"
#include "engine/platform/clock.hpp"
#include "engine/platform/process.hpp"

#include <cstddef>
#include <string>

namespace larder::region {
namespace {

using format::FileHeader;
using format::Geometry;

std::uint64_t identity_checksum(const FileHeader& header) noexcept {
    return format::hash_bytes(&header, offsetof(FileHeader, identity_checksum));
}

std::string hex(std::uint64_t value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = 60; shift >= 0; shift -= 4) {
        if (text.size() > 2 || shift == 0 || (value >> shift) != 0) text += kDigits[(value >> shift) & 0xf];
    }
    return text;
}

Status refuse(Code code, std::string_view path, const std::string& why) { return {code, std::string(path) + ": " + why}; }

Status check_kind(std::string_view path, const FileHeader& header) {
    if (header.magic != format::kMagic) return refuse(Code::not_a_cache, path, "not a Larder cache (magic is wrong)");
    if (header.byte_order != format::kByteOrder) {
        return refuse(Code::wrong_version, path,
                      "made on a machine of another byte order (byte_order is " + hex(header.byte_order) + ")");
    }
    if (header.format_version != format::kFormatVersion) {
        return refuse(Code::wrong_version, path,
                      "format_version is " + std::to_string(header.format_version) + ", this library knows " +
                          std::to_string(format::kFormatVersion));
    }
    const std::uint64_t unknown = header.incompatible_features & ~format::kKnownIncompatible;
    if (unknown != 0) return refuse(Code::wrong_version, path, "incompatible_features has unknown bits " + hex(unknown));
    if (header.identity_checksum != identity_checksum(header)) {
        return refuse(
            Code::corrupt, path,
            "identity_checksum does not fit the header's first " + std::to_string(format::kIdentityBytes - 8) + " bytes");
    }
    return Code::ok;
}

}  // namespace

void write_identity(FileHeader& header, const Geometry& g, std::uint64_t capacity, std::uint64_t hash_seed) {
    header.magic = format::kMagic;
    header.byte_order = format::kByteOrder;
    header.format_version = format::kFormatVersion;
    header.incompatible_features = (g.striped ? format::kStripedIndex : 0) | (g.displaces ? format::kDisplacedWords : 0);
    header.hash_seed = hash_seed;
    header.file_id = platform::random_u64();
    header.created_at_ms = platform::now_ms();
    header.file_size = g.file_size;
    header.reservation = g.reservation;
    header.buckets_per_shard = g.buckets_per_shard;
    header.shard_count = g.shard_count;
    header.segment_size = g.segment_size;
    header.segment_count = g.segment_count;
    header.max_processes = g.max_processes;
    header.identity_checksum = identity_checksum(header);
    header.capacity.store(capacity, std::memory_order_relaxed);
    header.next_generation.store(1, std::memory_order_relaxed);
}

Result<Identity> read_identity(std::string_view path, const FileHeader& header, std::uint64_t actual_size) {
    if (Status status = check_kind(path, header); !status.ok()) return status;
    Identity identity;
    identity.hash_seed = header.hash_seed;
    Geometry& g = identity.geometry;
    g.reservation = header.reservation;
    g.buckets_per_shard = header.buckets_per_shard;
    g.shard_count = header.shard_count;
    g.segment_size = header.segment_size;
    g.segment_count = header.segment_count;
    g.max_processes = header.max_processes;
    g.striped = (header.incompatible_features & format::kStripedIndex) != 0;
    g.displaces = (header.incompatible_features & format::kDisplacedWords) != 0;
    if (Status status = format::check_geometry(g); !status.ok()) return refuse(Code::corrupt, path, status.message());
    format::place_areas(g);
    if (header.file_size != g.file_size) {
        return refuse(Code::corrupt, path,
                      "file_size is " + std::to_string(header.file_size) + ", the geometry needs " + std::to_string(g.file_size));
    }
    if (actual_size < g.file_size) {
        return refuse(Code::corrupt, path,
                      "the file has " + std::to_string(actual_size) + " bytes, its header says " + std::to_string(g.file_size));
    }
    identity.read_only = (header.read_only_compatible_features & ~format::kKnownReadOnlyCompatible) != 0;
    return identity;
}

}  // namespace larder::region
