// What eviction takes and what it leaves: dead and expired bytes before anything live, from all shards alike.
#include "tests/model/load.hpp"
#include "tests/support/check.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/sizes.hpp"

using namespace larder;
using namespace larder::tests;

namespace {

Options with_capacity(std::uint64_t capacity) {
    Options options;
    options.capacity = options.reservation = capacity;
    options.hash_seed = mix(seed());
    return options;
}

/// Writes `percent` of the capacity again and again; nothing may get lost.
void overwrite_without_loss(std::uint64_t capacity, Sizes sizes, std::uint64_t percent, bool versions = false) {
    SHOW_SEED();
    Load load(with_capacity(capacity), sizes);
    const std::uint64_t keys = load.keys_for(capacity * percent / 100);
    for (std::uint64_t key = 0; key < keys; ++key) load.set(key);
    // Who asks for a version, be it of nothing, has them kept.
    if (versions) REQUIRE(load.cache().info("nothing").status().code() == Code::not_found);
    const std::uint64_t writes = iterations(100) * keys;
    for (std::uint64_t i = 0; i < writes; ++i) load.set(i % 2 == 0 ? i / 2 % keys : load.random().below(keys));
    const Stats stats = stats_of(load.cache());
    INFO(keys << " keys, " << stats.counters.moved << " moved in " << stats.counters.sets << " sets");
    CHECK(stats.counters.evictions == 0);
    CHECK(load.missing(0, keys) == 0);
    CHECK(stats.counters.moved < 2 * stats.counters.sets);
    require_clean(load.cache());
}

}  // namespace

TEST_CASE("overwriting small values loses none") { overwrite_without_loss(4 * kMiB, {100, 100}, 60); }
TEST_CASE("overwriting tiny values whose moves add a version loses none") { overwrite_without_loss(2 * kMiB, {4, 12}, 45, true); }
TEST_CASE("overwriting values of a page loses none") { overwrite_without_loss(8 * kMiB, {4096, 4096}, 60); }
TEST_CASE("overwriting values of many sizes loses none") { overwrite_without_loss(16 * kMiB, {20, 20'000}, 60); }
TEST_CASE("overwriting in several shards loses none") { overwrite_without_loss(32 * kMiB, {1000, 3000}, 60); }

TEST_CASE("four fifths of the capacity are overwritten without loss") { overwrite_without_loss(4 * kMiB, {500, 1500}, 80); }

TEST_CASE("what has expired makes room before anything live does") {
    Load load(with_capacity(4 * kMiB), {500, 1500});
    const std::uint64_t keys = load.keys_for(3 * kMiB);
    const std::int64_t ends_at = now_ms() + 2000;
    // Every segment holds both kinds.
    for (std::uint64_t key = 0; key < keys; ++key) load.set(key, key % 2 == 0 ? Ttl::never() : Ttl::at(ends_at));
    REQUIRE(stats_of(load.cache()).counters.evictions == 0);
    // An eighth of the way to their end later the segments know it.
    sleep_past(ends_at + 600);
    const std::uint64_t more = load.keys_for(kMiB);
    for (std::uint64_t key = keys; key < keys + more; ++key) load.set(key);
    CHECK(stats_of(load.cache()).counters.evictions == 0);
    CHECK(load.missing(0, keys, 2) == 0);
    CHECK(load.missing(keys, keys + more) == 0);
}

TEST_CASE("many different ends, and records without any: the live ones stay") {
    SHOW_SEED();
    Load load(with_capacity(4 * kMiB), {500, 1500});
    const std::uint64_t lasting = load.keys_for(2 * kMiB);
    const std::uint64_t passing = load.keys_for(kMiB);
    const std::uint64_t rounds = 6;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const std::int64_t begin = now_ms();
        for (std::uint64_t i = 0; i < lasting; ++i) {
            if (round == 0) load.set(i);
            if (i % 2 == 0) continue;
            const auto ttl = static_cast<std::int64_t>(100 + load.random().below(300));
            load.set(lasting + round * passing + i / 2, Ttl::at(begin + ttl));
        }
        sleep_past(begin + 500);
    }
    CHECK(stats_of(load.cache()).counters.evictions == 0);
    CHECK(load.missing(0, lasting) == 0);
}

TEST_CASE("a large value takes its room from all shards alike") {
    Load load(with_capacity(32 * kMiB), {1000, 1000});
    const std::uint64_t keys = load.keys_for(40 * kMiB);
    for (std::uint64_t key = 0; key < keys; ++key) load.set(key);
    const std::vector<std::uint64_t> before = load.present_by_shard(keys);
    REQUIRE(before.size() == 4);
    REQUIRE_OK(load.cache().set("large", std::string(load.cache().max_value_size(), 'x')));
    const std::vector<std::uint64_t> after = load.present_by_shard(keys);
    for (std::size_t shard = 0; shard < before.size(); ++shard) {
        INFO("shard " << shard << " had " << before[shard] << " records, and has " << after[shard]);
        CHECK(after[shard] * 3 > before[shard] * 2);
    }
}

TEST_CASE("a busy shard has its share of a cache that others have filled") {
    Load load(with_capacity(32 * kMiB), {1000, 1000});
    const std::uint64_t idle = load.keys_for(40 * kMiB);
    for (std::uint64_t key = 0; key < idle; ++key) load.set(key);
    // A fifth of the capacity, all of it in one of four shards.
    std::vector<std::uint64_t> busy;
    const std::uint64_t wanted = load.keys_for(6 * kMiB);
    for (std::uint64_t key = idle; busy.size() < wanted; ++key) {
        if (load.shard_of(key) == 0) busy.push_back(key);
    }
    std::uint64_t missing = 0;
    for (int round = 0; round < 8; ++round) {
        missing = 0;
        for (const std::uint64_t key : busy) {
            if (load.get(key)) continue;
            ++missing;
            load.set(key);
        }
    }
    INFO(missing << " of " << busy.size() << " missing in the last round");
    CHECK(missing * 10 < busy.size());
}
