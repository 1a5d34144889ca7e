// Several caches, and several handles of one, in one process.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <vector>

using namespace larder;
using namespace larder::tests;

TEST_CASE("caches in one process have nothing to do with each other") {
    TemporaryDirectory directory;
    std::vector<Cache> caches;
    for (int i = 0; i < 10; ++i) {
        Options options;
        options.capacity = std::uint64_t{1U << 20U} << (i % 5);
        caches.push_back(opened(Cache::create(directory.file("c" + std::to_string(i)), options)));
    }
    for (int key = 0; key < 500; ++key) {
        for (std::size_t i = 0; i < caches.size(); ++i) {
            REQUIRE_OK(caches[i].set("key " + std::to_string(key), std::to_string(i) + "/" + std::to_string(key)));
        }
    }
    REQUIRE_OK(caches[3].clear());
    REQUIRE_OK(caches[4].close());
    for (std::size_t i = 0; i < caches.size(); ++i) {
        if (i == 3 || i == 4) continue;
        for (int key = 0; key < 500; ++key) {
            REQUIRE(value_of(caches[i], "key " + std::to_string(key)) == std::to_string(i) + "/" + std::to_string(key));
        }
        CHECK(stats_of(caches[i]).counters.sets == 500);
        require_clean(caches[i]);
    }
}

TEST_CASE("the same key has another place in another cache") {
    TemporaryDirectory directory;
    auto one = opened(Cache::create(directory.file("one")));
    auto two = opened(Cache::create(directory.file("two")));
    std::vector<std::string> orders[2];
    for (int i = 0; i < 200; ++i) {
        REQUIRE_OK(one.set("key " + std::to_string(i), ""));
        REQUIRE_OK(two.set("key " + std::to_string(i), ""));
    }
    for (auto* cache : {&one, &two}) {
        REQUIRE_OK(cache->for_each({}, [&](const RecordView& record) {
            orders[cache == &two].emplace_back(record.key);
            return true;
        }));
    }
    REQUIRE(orders[0].size() == 200);
    REQUIRE(orders[1].size() == 200);
    // Each file hashes with a seed of its own, so that nobody can choose keys that collide.
    CHECK(orders[0] != orders[1]);
}

TEST_CASE("handles of one file see each other's writes") {
    TemporaryDirectory directory;
    std::vector<Cache> handles;
    handles.push_back(opened(Cache::create(directory.file("c"))));
    for (int i = 0; i < 9; ++i) handles.push_back(opened(Cache::open(directory.file("c"))));
    for (std::size_t i = 0; i < 10'000; ++i) {
        auto& writer = handles[i % 10];
        const auto& reader = handles[mix(i) % 10];
        const auto key = "key " + std::to_string(i % 100);
        REQUIRE_OK(writer.set(key, std::to_string(i)));
        REQUIRE(value_of(reader, key) == std::to_string(i));
        REQUIRE(writer.increment("count", 1, 1).ok());
        if (i % 50 != 0) continue;
        REQUIRE_OK(writer.remove(key));
        REQUIRE(reader.contains(key).code() == Code::not_found);
    }
    CHECK(value_of(handles[0], "count") == "10000");
    for (auto& handle : handles) require_clean(handle);
    require_accounts_balance(stats_of(handles[0]));
}

TEST_CASE("closing one handle leaves the others working") {
    TemporaryDirectory directory;
    auto first = opened(Cache::create(directory.file("c")));
    auto second = opened(Cache::open(directory.file("c")));
    REQUIRE_OK(first.set("key", "one"));
    REQUIRE_OK(first.close());
    CHECK(value_of(second, "key") == "one");
    REQUIRE_OK(second.set("key", "two"));
    first = opened(Cache::open(directory.file("c")));
    REQUIRE_OK(second.close());
    REQUIRE_OK(first.set("other", "three"));
    CHECK(value_of(first, "key") == "two");
    const Stats stats = stats_of(first);
    CHECK(stats.counters.take_overs == 0);
    CHECK(stats.processes.size() == 1);
    CHECK(stats.recoveries == 0);
}

TEST_CASE("a file that lost its name goes on working for those who have it, and a new one is another cache") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    auto old_cache = opened(Cache::create(path));
    REQUIRE_OK(old_cache.set("key", "old"));
    REQUIRE(::remove(path.c_str()) == 0);
    CHECK_CODE(Cache::open(path), Code::no_such_file);
    auto new_cache = opened(Cache::create(path));
    CHECK_CODE(new_cache.get("key"), Code::not_found);
    REQUIRE_OK(new_cache.set("key", "new"));
    CHECK(value_of(old_cache, "key") == "old");
    REQUIRE_OK(old_cache.close());
    CHECK(value_of(new_cache, "key") == "new");
}

TEST_CASE("a copy of a closed file is a cache of its own") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = options.reservation = 2U << 20U;
    {
        auto cache = opened(Cache::create(directory.file("c"), options));
        for (int i = 0; i < 100; ++i) REQUIRE_OK(cache.set("key " + std::to_string(i), std::to_string(i)));
    }
    write_file(directory.file("copy"), read_file(directory.file("c")));
    auto original = opened(Cache::open(directory.file("c")));
    auto copy = opened(Cache::open(directory.file("copy")));
    REQUIRE_OK(copy.set("key 1", "changed"));
    for (int i = 2; i < 100; ++i) REQUIRE(value_of(copy, "key " + std::to_string(i)) == std::to_string(i));
    CHECK(value_of(original, "key 1") == "1");
    CHECK(value_of(copy, "key 1") == "changed");
    require_clean(copy);
}
