#include "engine/format/geometry.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace larder::format {
namespace {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept { return (value + unit - 1) / unit * unit; }

Status out_of_range(const char* name, std::uint64_t value, const std::string& range) {
    return {Code::invalid_argument, std::string(name) + " is " + std::to_string(value) + ", must be " + range};
}

bool power_of_two_within(std::uint64_t value, std::uint64_t low, std::uint64_t high) noexcept {
    return std::has_single_bit(value) && value >= low && value <= high;
}

// A shard for each 8 MiB: what each keeps in reserve then stays a small part of it.
std::uint32_t choose_shards(std::uint64_t capacity) noexcept {
    return static_cast<std::uint32_t>(std::bit_floor(std::clamp<std::uint64_t>(capacity >> 23, 1, 64)));
}

// About 128 segments a shard: enough for two queues, few enough that the partly filled ones cost little.
std::uint32_t choose_segment_size(std::uint64_t capacity, std::uint32_t shards) noexcept {
    const std::uint64_t wanted = std::bit_floor(std::max<std::uint64_t>(capacity / std::max<std::uint32_t>(shards, 1) / 128, 1));
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(wanted, kMinSegmentBytes, kMaxSegmentBytes));
}

// A row that fills a large page, so that such a page behind a row is filled by all shards alike.
std::uint64_t choose_stripe(const Geometry& g) noexcept {
    if (!g.striped) return g.buckets_per_shard;
    return std::clamp<std::uint64_t>(kBigAreaAlignment / kBucketBytes / g.shard_count, kFirstBuckets, g.buckets_per_shard);
}

}  // namespace

void place_areas(Geometry& g) noexcept {
    g.shard_shift = 63 - static_cast<std::uint32_t>(std::countr_zero(g.shard_count));
    g.segment_shift = static_cast<std::uint32_t>(std::countr_zero(g.segment_size));
    g.stripe_shift = static_cast<std::uint32_t>(std::countr_zero(choose_stripe(g)));
    g.shard_bits = static_cast<std::uint32_t>(std::countr_zero(g.shard_count));
    g.processes_begin = kPageBytes;
    g.shards_begin = round_up(g.process_at(g.max_processes), kPageBytes);
    g.generations_begin = round_up(g.shard_at(g.shard_count), kPageBytes);
    g.segment_table_begin = round_up(g.generation_at(g.segment_count), kPageBytes);
    g.index_begin = round_up(g.segment_entry_at(g.segment_count), kBigAreaAlignment);
    g.ghosts_begin = round_up(g.index_begin + g.index_bytes(), kBigAreaAlignment);
    const std::uint64_t alignment = std::max<std::uint64_t>(kBigAreaAlignment, g.segment_size);
    g.segments_begin = round_up(g.shard_ghosts_begin(g.shard_count), alignment);
    g.file_size = g.segment_at(g.segment_count);
    g.segments_bytes = g.file_size - g.segments_begin;
    g.short_records_bytes = g.segments_bytes - kShortRecordBytes;
}

Status check_geometry(const Geometry& g) {
    if (g.reservation < kMinCapacity || g.reservation > kMaxReservation) {
        return out_of_range("reservation", g.reservation, "1 MiB to 1 TiB");
    }
    if (!power_of_two_within(g.segment_size, kMinSegmentBytes, kMaxSegmentBytes)) {
        return out_of_range("segment_size", g.segment_size, "a power of two from 32 KiB to 4 MiB");
    }
    if (!power_of_two_within(g.shard_count, 1, kMaxShards)) {
        return out_of_range("shards", g.shard_count, "a power of two up to 1024");
    }
    if (g.max_processes < 8 || g.max_processes > 4096) return out_of_range("max_processes", g.max_processes, "8 to 4096");
    if (g.segment_count == 0 || g.segment_count != g.reservation / g.segment_size) {
        return out_of_range("segment_count", g.segment_count, std::to_string(g.reservation / g.segment_size));
    }
    if (!power_of_two_within(g.buckets_per_shard, 4 * kFirstBuckets, kMaxBuckets) ||
        g.buckets_per_shard > g.reservation / g.shard_count) {
        return out_of_range("buckets_per_shard", g.buckets_per_shard, "a power of two that fits the reservation");
    }
    return Code::ok;
}

Result<Geometry> plan_geometry(const GeometryRequest& request) {
    if (request.capacity < kMinCapacity || request.capacity > kMaxReservation) {
        return out_of_range("capacity", request.capacity, "1 MiB to 1 TiB");
    }
    Geometry g;
    g.shard_count = request.shards != 0 ? request.shards : choose_shards(request.capacity);
    g.segment_size = request.segment_size != 0 ? request.segment_size : choose_segment_size(request.capacity, g.shard_count);
    const std::uint64_t wanted = request.reservation != 0 ? request.reservation : std::min(request.capacity * 4, kMaxReservation);
    if (wanted < request.capacity) return out_of_range("reservation", wanted, "at least the capacity");
    g.reservation = round_up(wanted, std::max(g.segment_size, kMinSegmentBytes));
    if (request.capacity / kMinSegmentBytes < g.shard_count * std::uint64_t{8}) {
        return out_of_range("shards", g.shard_count, "small enough to leave each shard 256 KiB of the capacity");
    }
    if (g.segment_size != 0 && request.capacity / g.segment_size < g.shard_count * std::uint64_t{8}) {
        return out_of_range("segment_size", g.segment_size, "small enough for 8 segments a shard within the capacity");
    }
    g.max_processes = request.max_processes;
    g.segment_count = static_cast<std::uint32_t>(g.reservation / std::max<std::uint32_t>(g.segment_size, 1));
    // Room for the index of a cache full of the smallest records; it is address space only until it is used.
    g.buckets_per_shard = std::clamp<std::uint64_t>(
        std::bit_ceil(g.reservation / 128 / std::max<std::uint32_t>(g.shard_count, 1)), 4 * kFirstBuckets, kMaxBuckets);
    if (Status status = check_geometry(g); !status.ok()) return status;
    place_areas(g);
    return g;
}

}  // namespace larder::format
