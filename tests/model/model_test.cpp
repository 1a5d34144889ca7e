// Random operations on caches of several geometries, each answer checked against a map in memory. LARDER_ITERATIONS makes
// the runs longer, LARDER_SEED makes one again.
#include "tests/model/player.hpp"
#include "tests/support/sizes.hpp"

using namespace larder;
using namespace larder::tests;

namespace {

Geometry geometry(std::uint64_t capacity, std::uint64_t keys) {
    Geometry chosen;
    chosen.options.capacity = capacity;
    chosen.options.hash_seed = mix(seed());
    chosen.keys = keys;
    return chosen;
}

void play(const Geometry& geometry, std::uint64_t steps) {
    SHOW_SEED();
    Player player(geometry, seed());
    player.play(iterations(steps));
    player.finish();
}

}  // namespace

TEST_CASE("the smallest cache, always full") { play(geometry(kMiB, 3000), 300'000); }

TEST_CASE("the smallest cache with one shard and the smallest segments") {
    auto chosen = geometry(kMiB, 3000);
    chosen.options.shards = 1;
    chosen.options.segment_size = 32U << 10U;
    chosen.options.reservation = kMiB;
    play(chosen, 200'000);
}

TEST_CASE("small records, many keys, an index that grows") {
    auto chosen = geometry(5 * kMiB, 200'000);
    chosen.usual_value = 64;
    chosen.huge_keys = false;
    play(chosen, 400'000);
}

TEST_CASE("a cache of middling size that evicts") {
    auto chosen = geometry(16 * kMiB, 50'000);
    chosen.options.shards = 8;
    chosen.options.segment_size = 64U << 10U;
    play(chosen, 300'000);
}

TEST_CASE("the capacity changes now and then") {
    auto chosen = geometry(kMiB, 10'000);
    chosen.options.reservation = 32 * kMiB;
    chosen.resizing = true;
    play(chosen, 200'000);
}

TEST_CASE("nothing expires, so that each record is accounted for") {
    auto chosen = geometry(2 * kMiB, 5000);
    chosen.expiring = false;
    play(chosen, 200'000);
}

TEST_CASE("a cache with room for all loses nothing") {
    auto chosen = geometry(256 * kMiB, 20'000);
    chosen.evicting = false;
    chosen.largest_value = 256U << 10U;
    play(chosen, 400'000);
}
