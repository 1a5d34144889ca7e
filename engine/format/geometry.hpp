// Where everything in a cache file is. The one place that computes an offset of an area; engine/FORMAT.md, section 1.
#pragma once

#include <larder/status.hpp>

#include <algorithm>
#include <cstdint>

namespace larder::format {

inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr std::uint64_t kBucketBytes = 64;
inline constexpr std::uint64_t kGhostBytesPerBucket = 8;
inline constexpr std::uint64_t kShardBytes = 512;
inline constexpr std::uint64_t kProcessBytes = 2048;
inline constexpr std::uint64_t kSegmentEntryBytes = 64;
inline constexpr std::uint64_t kBigAreaAlignment = std::uint64_t{2} << 20;

inline constexpr std::uint64_t kMinCapacity = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMaxReservation = std::uint64_t{1} << 40;
inline constexpr std::uint32_t kMinSegmentBytes = 32u << 10;
inline constexpr std::uint32_t kMaxSegmentBytes = 4u << 20;
inline constexpr std::uint32_t kMaxShards = 1024;
inline constexpr std::uint64_t kMaxValueBytes = std::uint64_t{1} << 30;
/// A record is short if its head, key and value take no more together.
inline constexpr std::uint64_t kShortRecordBytes = 256;
/// A directory counts buckets in 32 bits.
inline constexpr std::uint64_t kMaxBuckets = std::uint64_t{1} << 31;
/// Main buckets of a shard that are there from the start: one page of them.
inline constexpr std::uint32_t kFirstBuckets = kPageBytes / kBucketBytes;

/// What creation was asked for; zeros are chosen by plan_geometry().
struct GeometryRequest {
    std::uint64_t capacity = 0;
    std::uint64_t reservation = 0;
    std::uint32_t shards = 0;
    std::uint32_t segment_size = 0;
    std::uint32_t max_processes = 0;
};

/// The sizes fixed at creation, and the places that follow from them.
struct Geometry {
    std::uint64_t reservation = 0;
    std::uint64_t buckets_per_shard = 0;  ///< a power of two; main buckets from below, overflow buckets from above
    std::uint32_t shard_count = 0;        ///< a power of two
    std::uint32_t segment_size = 0;       ///< a power of two
    std::uint32_t segment_count = 0;
    std::uint32_t max_processes = 0;
    /// Whether the shards' buckets take turns in the index, so that what is in use of it lies together; else each shard's lie
    /// together, as in the first files of this format.
    bool striped = true;
    /// Whether sets may leave words in ShardHeader::displaced.
    bool displaces = true;

    // Derived by place_areas().
    std::uint32_t shard_shift = 63;  ///< shard = (hash >> 1) >> shard_shift
    std::uint32_t segment_shift = 0;
    std::uint32_t stripe_shift = 0;  ///< 2^this buckets of a shard lie side by side: a stripe
    std::uint32_t shard_bits = 0;    ///< 2^this stripes, one of each shard: a row
    std::uint64_t processes_begin = 0;
    std::uint64_t shards_begin = 0;
    std::uint64_t generations_begin = 0;
    std::uint64_t segment_table_begin = 0;
    std::uint64_t index_begin = 0;
    std::uint64_t ghosts_begin = 0;
    std::uint64_t segments_begin = 0;
    std::uint64_t segments_bytes = 0;
    std::uint64_t short_records_bytes = 0;  ///< a record that begins in these ends in the segments area if it is short
    std::uint64_t file_size = 0;

    std::uint64_t process_at(std::uint32_t index) const noexcept { return processes_begin + index * kProcessBytes; }
    std::uint64_t shard_at(std::uint32_t shard) const noexcept { return shards_begin + shard * kShardBytes; }
    std::uint64_t generation_at(std::uint32_t segment) const noexcept { return generations_begin + segment * std::uint64_t{8}; }
    std::uint64_t segment_entry_at(std::uint32_t segment) const noexcept {
        return segment_table_begin + segment * kSegmentEntryBytes;
    }
    std::uint64_t stripe_buckets() const noexcept { return std::uint64_t{1} << stripe_shift; }
    /// Bytes of the index that have a stripe of each shard.
    std::uint64_t row_bytes() const noexcept { return kBucketBytes << (stripe_shift + shard_bits); }
    std::uint64_t index_bytes() const noexcept { return (buckets_per_shard << shard_bits) * kBucketBytes; }
    /// The place of a shard's bucket among all buckets of the index. Within the index if the bucket is below buckets_per_shard.
    std::uint64_t bucket_position(std::uint32_t shard, std::uint64_t bucket) const noexcept {
        const std::uint64_t within = bucket & (stripe_buckets() - 1);
        return (bucket - within) << shard_bits | std::uint64_t{shard} << stripe_shift | within;
    }
    std::uint64_t bucket_at(std::uint32_t shard, std::uint64_t bucket) const noexcept {
        return index_begin + bucket_position(shard, bucket) * kBucketBytes;
    }
    /// Whether an offset is that of a bucket of the shard.
    bool is_bucket_of(std::uint32_t shard, std::uint64_t offset) const noexcept {
        const std::uint64_t from_begin = offset - index_begin;
        const std::uint64_t stripe = from_begin / kBucketBytes >> stripe_shift;
        return from_begin < index_bytes() && from_begin % kBucketBytes == 0 && (stripe & (shard_count - 1)) == shard;
    }
    /// The number in its shard of the bucket at an offset. REQUIRES: is_bucket_of() its shard.
    std::uint64_t bucket_number(std::uint64_t offset) const noexcept {
        const std::uint64_t position = (offset - index_begin) / kBucketBytes;
        return position >> (stripe_shift + shard_bits) << stripe_shift | (position & (stripe_buckets() - 1));
    }
    std::uint64_t shard_ghosts_begin(std::uint32_t shard) const noexcept {
        return ghosts_begin + shard * buckets_per_shard * kGhostBytesPerBucket;
    }
    std::uint64_t segment_at(std::uint32_t segment) const noexcept {
        return segments_begin + (std::uint64_t{segment} << segment_shift);
    }
    /// REQUIRES: holds_records(offset).
    std::uint32_t segment_of(std::uint64_t offset) const noexcept {
        return static_cast<std::uint32_t>((offset - segments_begin) >> segment_shift);
    }
    /// Whether an offset lies in the segments area. The one bounds check on an offset out of a slot.
    bool holds_records(std::uint64_t offset) const noexcept { return offset - segments_begin < segments_bytes; }
    std::uint32_t shard_of(std::uint64_t hash) const noexcept { return static_cast<std::uint32_t>((hash >> 1) >> shard_shift); }
    std::uint64_t shards_bytes() const noexcept { return generations_begin - shards_begin; }
};

/// Calls `visit(offset, length)`, in bytes, for the parts of a shard's buckets [first, last) that lie side by side.
template <class Visit>
void for_each_stripe(const Geometry& g, std::uint32_t shard, std::uint64_t first, std::uint64_t last, Visit&& visit) {
    while (first < last) {
        const std::uint64_t end = std::min(last, (first / g.stripe_buckets() + 1) * g.stripe_buckets());
        visit(g.bucket_at(shard, first), (end - first) * kBucketBytes);
        first = end;
    }
}

/// Computes the derived members from the chosen ones. REQUIRES: check_geometry() is ok.
void place_areas(Geometry& geometry) noexcept;
/// Whether the chosen members are within their ranges; the message names the one that is not.
Status check_geometry(const Geometry& geometry);
/// Chooses a geometry for a new file. invalid_argument names what is out of range.
Result<Geometry> plan_geometry(const GeometryRequest& request);

}  // namespace larder::format
