// for_each(): all of it, parts of it, in pieces, and while others and the visitor itself change what is scanned.
#include "tests/support/check.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/temporary_directory.hpp"

#include <map>
#include <set>

using namespace larder;
using namespace larder::tests;

namespace {

struct ScanFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));

    void fill(int count) {
        for (int i = 0; i < count; ++i) REQUIRE_OK(cache.set("key " + std::to_string(i), "value " + std::to_string(i)));
    }
    std::multiset<std::string> keys(const ScanOptions& options = {}) {
        std::multiset<std::string> seen;
        auto cursor = cache.for_each(options, [&](const RecordView& record) {
            seen.emplace(record.key);
            return true;
        });
        REQUIRE_OK(cursor);
        CHECK(cursor->done);
        return seen;
    }
};

std::multiset<std::string> names(int count) {
    std::multiset<std::string> all;
    for (int i = 0; i < count; ++i) all.insert("key " + std::to_string(i));
    return all;
}

}  // namespace

TEST_CASE_METHOD(ScanFixture, "a scan of nothing is done at once") {
    CHECK(keys().empty());
    ScanOptions options;
    options.prefix = "x";
    CHECK(keys(options).empty());
}

TEST_CASE_METHOD(ScanFixture, "a scan shows each record once, as it is") {
    WriteOptions with;
    with.flags = 8;
    with.ttl = Ttl::at(now_ms() + 3'600'000);
    std::map<std::string, std::string> expected;
    for (int i = 0; i < 3000; ++i) {
        const auto key = "key " + std::to_string(i);
        expected[key] = std::string(static_cast<std::size_t>(i), 'v');
        REQUIRE_OK(cache.set(key, expected[key], with));
    }
    REQUIRE_OK(cache.for_each({}, [&](const RecordView& record) {
        const std::string key(record.key);
        REQUIRE(expected.count(key) == 1);
        REQUIRE((record.value == expected[key]));
        REQUIRE(record.info.value_size == record.value.size());
        REQUIRE(record.info.flags == 8);
        REQUIRE(record.info.expires_at_ms == with.ttl.milliseconds());
        REQUIRE(record.info.version == version_of(cache, key));
        expected.erase(key);
        return true;
    }));
    CHECK(expected.empty());
}

TEST_CASE_METHOD(ScanFixture, "a scan for keys only reads no values") {
    REQUIRE_OK(cache.set("long", std::string(100'000, 'v')));
    REQUIRE_OK(cache.set("empty", ""));
    ScanOptions options;
    options.keys_only = true;
    std::map<std::string, std::uint64_t> sizes;
    REQUIRE_OK(cache.for_each(options, [&](const RecordView& record) {
        CHECK(record.value.empty());
        sizes[std::string(record.key)] = record.info.value_size;
        return true;
    }));
    CHECK(sizes == std::map<std::string, std::uint64_t>{{"empty", 0}, {"long", 100'000}});
}

TEST_CASE_METHOD(ScanFixture, "a scan by prefix shows what begins with it") {
    for (const auto* key : {"a", "ab", "abc", "abd", "b", "A", "abcdefghijklmnopqrstuvwxyz"}) {
        REQUIRE_OK(cache.set(key, "v"));
    }
    REQUIRE_OK(cache.set(std::string_view("\0x", 2), "v"));
    ScanOptions options;
    CHECK(keys(options).size() == 8);
    options.prefix = "ab";
    CHECK(keys(options) == std::multiset<std::string>{"ab", "abc", "abcdefghijklmnopqrstuvwxyz", "abd"});
    options.prefix = "abc";
    CHECK(keys(options) == std::multiset<std::string>{"abc", "abcdefghijklmnopqrstuvwxyz"});
    options.prefix = "abcdefghijklmnopqrstuvwxyz";
    CHECK(keys(options).size() == 1);
    options.prefix = "abcdefghijklmnopqrstuvwxyz0";
    CHECK(keys(options).empty());
    options.prefix = std::string_view("\0", 1);
    CHECK(keys(options).size() == 1);
}

TEST_CASE_METHOD(ScanFixture, "a scan that is stopped goes on where it stood, in another handle too") {
    fill(2000);
    for (const std::size_t pieces : {1U, 7U, 100U, 5000U}) {
        INFO("pieces of " << pieces);
        std::multiset<std::string> seen;
        ScanOptions options;
        for (int calls = 0; !options.from.done; ++calls) {
            REQUIRE(calls <= 4001);
            auto reader = opened(Cache::open(directory.file("c")));
            std::size_t count = 0;
            auto cursor = reader.for_each(options, [&](const RecordView& record) {
                seen.emplace(record.key);
                return ++count < pieces;
            });
            REQUIRE_OK(cursor);
            options.from = *cursor;
        }
        CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 2000);
        CHECK(seen == names(2000));
    }
}

TEST_CASE_METHOD(ScanFixture, "a finished cursor shows nothing more") {
    fill(10);
    auto cursor = cache.for_each({}, [](const RecordView&) { return true; });
    REQUIRE_OK(cursor);
    REQUIRE(cursor->done);
    ScanOptions options;
    options.from = *cursor;
    CHECK(keys(options).empty());
}

TEST_CASE_METHOD(ScanFixture, "a cursor that nobody gave out does no harm") {
    fill(100);
    Random random(seed());
    SHOW_SEED();
    for (int i = 0; i < 2000; ++i) {
        ScanOptions options;
        options.from.position = random.next() >> random.below(64);
        auto cursor = cache.for_each(options, [](const RecordView& record) { return record.key.substr(0, 4) == "key "; });
        REQUIRE((cursor.ok() || cursor.code() == Code::invalid_argument));
    }
}

TEST_CASE_METHOD(ScanFixture, "the visitor may change the cache that it scans") {
    fill(3000);
    std::size_t visited = 0;
    const auto cursor = cache.for_each({}, [&](const RecordView& record) {
        ++visited;
        const std::string key(record.key);
        if (key.back() == '0') REQUIRE_OK(cache.remove(key));
        if (key.back() == '1') REQUIRE_OK(cache.append(key, "!"));
        if (key.back() == '2') REQUIRE_OK(cache.get(key));
        return true;
    });
    REQUIRE_OK(cursor);
    CHECK(visited >= 3000);
    CHECK(keys().size() == 2700);
    for (int i = 1; i < 3000; i += 10) {
        const auto value = value_of(cache, "key " + std::to_string(i));
        REQUIRE(value.substr(0, value.find('!')) == "value " + std::to_string(i));
        REQUIRE(value.find('!') != std::string::npos);
    }
    require_clean(cache);
}

TEST_CASE_METHOD(ScanFixture, "records that are there all the while are seen, however the index grows meanwhile") {
    fill(1000);
    std::set<std::string> seen;
    int added = 0;
    const auto cursor = cache.for_each({}, [&](const RecordView& record) {
        if (record.key.substr(0, 4) == "key ") seen.emplace(record.key);
        for (int i = 0; i < 50 && added < 100'000; ++i) REQUIRE_OK(cache.set("more " + std::to_string(added++), "v"));
        return true;
    });
    REQUIRE_OK(cursor);
    REQUIRE(added >= 50'000);
    REQUIRE(stats_of(cache).counters.evictions == 0);
    CHECK(seen.size() == 1000);
    require_clean(cache);
}

TEST_CASE_METHOD(ScanFixture, "a scan in pieces sees what stays, however the index grows between the pieces") {
    fill(1000);
    std::set<std::string> seen;
    ScanOptions options;
    int added = 0;
    while (!options.from.done) {
        int piece = 0;
        auto cursor = cache.for_each(options, [&](const RecordView& record) {
            if (record.key.substr(0, 4) == "key ") seen.emplace(record.key);
            return ++piece < 100;
        });
        REQUIRE_OK(cursor);
        options.from = *cursor;
        for (int i = 0; i < 2000 && added < 100'000; ++i) REQUIRE_OK(cache.set("more " + std::to_string(added++), "v"));
    }
    CHECK(seen.size() == 1000);
}

TEST_CASE_METHOD(ScanFixture, "scans count no hits") {
    fill(100);
    CHECK(keys().size() == 100);
    CHECK(stats_of(cache).counters.hits == 0);
    CHECK(stats_of(cache).counters.misses == 0);
}
