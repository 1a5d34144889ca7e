// Where the buckets are: each shard's in a place of its own, whichever way they are laid out.
#include "engine/format/geometry.hpp"
#include "tests/support/check.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

using namespace larder;
using namespace larder::format;

namespace {

Geometry geometry_of(std::uint64_t reservation, std::uint32_t shards, std::uint32_t segment_size, bool striped) {
    Geometry g;
    g.reservation = reservation;
    g.shard_count = shards;
    g.segment_size = segment_size;
    g.segment_count = static_cast<std::uint32_t>(reservation / segment_size);
    g.max_processes = 8;
    g.buckets_per_shard = std::clamp<std::uint64_t>(reservation / 128 / shards, 4 * std::uint64_t{kFirstBuckets}, kMaxBuckets);
    g.striped = striped;
    REQUIRE(check_geometry(g).ok());
    place_areas(g);
    return g;
}

// All buckets of a small index: each place is that of one bucket, and tells whose it is.
void require_each_bucket_once(const Geometry& g) {
    std::vector<bool> taken(g.index_bytes() / kBucketBytes);
    for (std::uint32_t shard = 0; shard < g.shard_count; ++shard) {
        for (std::uint64_t bucket = 0; bucket < g.buckets_per_shard; ++bucket) {
            const std::uint64_t offset = g.bucket_at(shard, bucket);
            const std::uint64_t position = (offset - g.index_begin) / kBucketBytes;
            const bool is_its_own = g.is_bucket_of(shard, offset) && !g.is_bucket_of((shard + 1) % (2 * g.shard_count), offset);
            if (position < taken.size() && !taken[position] && is_its_own && !g.is_bucket_of(shard, offset + 8) &&
                g.bucket_number(offset) == bucket) {
                taken[position] = true;
                continue;
            }
            FAIL("shard " << shard << ", bucket " << bucket << " at position " << position);
        }
    }
}

}  // namespace

TEST_CASE("each bucket has a place of its own, and the place tells which it is") {
    for (const bool striped : {true, false}) {
        for (const std::uint32_t shards : {1U, 2U, 8U, 64U}) {
            INFO(shards << " shards, striped: " << striped);
            require_each_bucket_once(geometry_of(std::uint64_t{64} << 20U, shards, kMinSegmentBytes, striped));
        }
    }
}

TEST_CASE("what lies outside of the index is no shard's bucket") {
    for (const bool striped : {true, false}) {
        const Geometry g = geometry_of(std::uint64_t{64} << 20U, 4, kMinSegmentBytes, striped);
        for (std::uint32_t shard = 0; shard < g.shard_count; ++shard) {
            for (const std::uint64_t offset : {std::uint64_t{0}, g.index_begin - kBucketBytes, g.index_begin + g.index_bytes(),
                                               g.segments_begin, std::numeric_limits<std::uint64_t>::max() - 63}) {
                CHECK_FALSE(g.is_bucket_of(shard, offset));
            }
        }
    }
}

TEST_CASE("the largest indexes stay within the file, and a row fills large pages") {
    for (const bool striped : {true, false}) {
        for (const std::uint32_t shards : {1U, 64U, 1024U}) {
            const Geometry g = geometry_of(kMaxReservation / 2, shards, kMaxSegmentBytes, striped);
            INFO(shards << " shards, striped: " << striped);
            const std::uint64_t last = g.bucket_at(shards - 1, g.buckets_per_shard - 1);
            CHECK(last == g.index_begin + g.index_bytes() - kBucketBytes);
            CHECK(g.bucket_number(last) == g.buckets_per_shard - 1);
            CHECK(g.ghosts_begin >= g.index_begin + g.index_bytes());
            if (striped) CHECK(g.row_bytes() % kBigAreaAlignment == 0);
            if (striped) CHECK(g.index_begin % kBigAreaAlignment == 0);
        }
    }
}

TEST_CASE("a range of buckets comes in stripes that hold each of them once") {
    for (const bool striped : {true, false}) {
        const Geometry g = geometry_of(std::uint64_t{64} << 20U, 64, kMinSegmentBytes, striped);
        const std::uint64_t stripe = g.stripe_buckets();
        for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{64}, stripe - 64, stripe}) {
            for (const std::uint64_t last : {first, first + 64, first + stripe, g.buckets_per_shard}) {
                std::uint64_t next = first;
                for_each_stripe(g, 5, first, std::min(last, g.buckets_per_shard),
                                [&](std::uint64_t offset, std::uint64_t length) {
                                    REQUIRE(g.is_bucket_of(5, offset));
                                    REQUIRE(g.bucket_number(offset) == next);
                                    REQUIRE((length > 0 && length <= stripe * kBucketBytes));
                                    next += length / kBucketBytes;
                                    REQUIRE(g.bucket_number(offset + length - kBucketBytes) == next - 1);
                                });
                CHECK(next == std::max(first, std::min(last, g.buckets_per_shard)));
            }
        }
    }
}
