// The first 4 KiB of a cache file: what it is, its geometry, and the few words that all processes share.
// Described byte by byte in engine/FORMAT.md, section 2. A change here changes that document and the golden test.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace larder::format {

inline constexpr std::array<char, 8> kMagic = {'\x89', 'L', 'A', 'R', 'D', 'E', 'R', '\n'};
inline constexpr std::uint32_t kByteOrder = 0x01020304;
inline constexpr std::uint32_t kFormatVersion = 3;

// Feature bits that this library knows. A file with an unknown incompatible bit is refused, with an unknown read-only
// compatible bit it opens read-only, unknown compatible bits are kept and ignored.
inline constexpr std::uint64_t kStripedIndex = 1;    ///< incompatible: Geometry::striped
inline constexpr std::uint64_t kDisplacedWords = 2;  ///< incompatible: Geometry::displaces
inline constexpr std::uint64_t kKnownIncompatible = kStripedIndex | kDisplacedWords;
inline constexpr std::uint64_t kKnownReadOnlyCompatible = 0;

/// FileHeader::state.
enum class FileMark : std::uint32_t { in_use = 0, clean = 1 };

struct FileHeader {
    // ---- written once, before the file has a name; covered by identity_checksum ----
    std::array<char, 8> magic;
    std::uint32_t byte_order;
    std::uint32_t format_version;
    std::uint64_t compatible_features;
    std::uint64_t read_only_compatible_features;
    std::uint64_t incompatible_features;
    std::uint64_t hash_seed;
    std::uint64_t file_id;
    std::int64_t created_at_ms;
    std::uint64_t file_size;
    std::uint64_t reservation;
    std::uint64_t buckets_per_shard;
    std::uint32_t shard_count;
    std::uint32_t segment_size;
    std::uint32_t segment_count;
    std::uint32_t max_processes;
    std::uint64_t reserved_identity;
    std::uint64_t identity_checksum;
    std::uint64_t reserved_line;

    // ---- shared words ----
    std::atomic<std::uint64_t> capacity;
    /// The next generation to give to a segment. Never goes back, also not over a recovery.
    std::atomic<std::uint64_t> next_generation;
    /// next_generation as of the last completed flush: bounds how many generations a power cut can forget.
    std::atomic<std::uint64_t> flushed_generation;
    std::atomic<std::uint64_t> flush_epoch;
    std::atomic<std::uint64_t> recoveries;
    std::atomic<std::uint32_t> mark;
    std::atomic<std::uint32_t> segment_hint;
    /// Set once anybody has asked for a version: from then on moved records keep theirs.
    std::atomic<std::uint32_t> versions_seen;
    /// Segments that have ever been in use: the table is allocated, and looked at, up to here.
    std::atomic<std::uint32_t> segments_known;
    /// The boot in which the file was last attached for writing, as two words.
    std::array<std::atomic<std::uint64_t>, 2> boot_id;
};

inline constexpr std::size_t kIdentityBytes = 120;
inline constexpr std::uint64_t kHeaderBytes = 4096;

static_assert(offsetof(FileHeader, hash_seed) == 40);
static_assert(offsetof(FileHeader, file_size) == 64);
static_assert(offsetof(FileHeader, shard_count) == 88);
static_assert(offsetof(FileHeader, identity_checksum) == kIdentityBytes - 8);
static_assert(offsetof(FileHeader, capacity) == 128);
static_assert(offsetof(FileHeader, mark) == 168);
static_assert(offsetof(FileHeader, boot_id) == 184);
static_assert(sizeof(FileHeader) == 200);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(std::atomic<std::uint64_t>) == 8);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free && sizeof(std::atomic<std::uint32_t>) == 4);

}  // namespace larder::format
