// A handle that has no cache, or may not write to it, says so from every function.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace larder;
using namespace larder::tests;

namespace {

void require_reads_refused(const Cache& cache) {
    std::string value = "untouched";
    std::byte buffer[8];
    CHECK_CODE(cache.get("key", value), Code::closed);
    CHECK(value == "untouched");
    CHECK_CODE(cache.get("key", std::span<std::byte>(buffer)), Code::closed);
    CHECK_CODE(cache.get("key"), Code::closed);
    CHECK_CODE(cache.get<int>("key"), Code::closed);
    CHECK_CODE(cache.contains("key"), Code::closed);
    CHECK_CODE(cache.info("key"), Code::closed);
    const std::string_view keys[]{"key"};
    Lookup answers[1];
    CHECK(cache.get_many(keys, answers) == 0);
    CHECK_CODE(answers[0].status, Code::closed);
    CHECK_CODE(cache.for_each({}, [](const RecordView&) { return true; }), Code::closed);
    CHECK_CODE(cache.stats(), Code::closed);
    CHECK_CODE(cache.verify(), Code::closed);
}

void require_writes_refused(Cache& cache, Code expected) {
    std::string value = "untouched";
    CHECK_CODE(cache.set("key", "v"), expected);
    CHECK_CODE(cache.set("key", 1), expected);
    CHECK_CODE(cache.set_value("key", 1), expected);
    CHECK_CODE(cache.add("new", "v"), expected);
    CHECK_CODE(cache.replace("key", "v"), expected);
    CHECK_CODE(cache.compare_and_swap("key", "v", 1), expected);
    CHECK_CODE(cache.remove("key"), expected);
    CHECK_CODE(cache.touch("key", Ttl::never()), expected);
    CHECK_CODE(cache.get_and_touch("key", Ttl::never(), value), expected);
    CHECK(value == "untouched");
    CHECK_CODE(cache.increment("key"), expected);
    CHECK_CODE(cache.decrement("key"), expected);
    CHECK_CODE(cache.append("key", "v"), expected);
    CHECK_CODE(cache.prepend("key", "v"), expected);
    const std::string_view keys[]{"key"};
    const Write writes[]{{"key", "v"}};
    Status statuses[1];
    CHECK(cache.set_many(writes, statuses) == 0);
    CHECK_CODE(statuses[0], expected);
    CHECK(cache.remove_many(keys, statuses) == 0);
    CHECK_CODE(statuses[0], expected);
    CHECK_CODE(cache.clear(), expected);
    CHECK_CODE(cache.resize(8U << 20U), expected);
}

void require_closed(Cache& cache) {
    CHECK_FALSE(cache.is_open());
    require_reads_refused(cache);
    require_writes_refused(cache, Code::closed);
    CHECK_CODE(cache.flush(), Code::closed);
    CHECK(cache.max_value_size() == 0);
    CHECK(cache.path().empty());
}

}  // namespace

TEST_CASE("a handle that never was open") {
    Cache cache;
    require_closed(cache);
    Cache moved(std::move(cache));
    require_closed(moved);
}

TEST_CASE("a closed handle") {
    TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    REQUIRE_OK(cache.set("key", "1"));
    REQUIRE_OK(cache.close());
    require_closed(cache);
    CHECK(value_of(opened(Cache::open(directory.file("c"))), "key") == "1");
}

TEST_CASE("a handle that was moved from") {
    TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    REQUIRE_OK(cache.set("key", "1"));
    Cache other;
    SECTION("by construction") {
        Cache moved(std::move(cache));
        require_closed(cache);  // NOLINT(bugprone-use-after-move): what is tested
        other = std::move(moved);
    }
    SECTION("by assignment") {
        other = std::move(cache);
        require_closed(cache);  // NOLINT(bugprone-use-after-move): what is tested
    }
    CHECK(value_of(other, "key") == "1");
}

TEST_CASE("a read-only handle reads all and writes nothing") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    std::uint64_t version = 0;
    Options options;
    options.capacity = options.reservation = 8U << 20U;
    {
        auto cache = opened(Cache::create(path, options));
        REQUIRE_OK(cache.set("key", "12345678", {}, &version));
        for (int i = 0; i < 1000; ++i) REQUIRE_OK(cache.set("more " + std::to_string(i), std::string(2000, 'v')));
    }
    const auto before = read_file(path);
    options.read_only = true;
    auto cache = opened(Cache::open(path, options));
    require_writes_refused(cache, Code::read_only);
    for (int i = 0; i < 1000; ++i) REQUIRE(value_of(cache, "more " + std::to_string(i)) == std::string(2000, 'v'));
    CHECK(version_of(cache, "key") == version);
    CHECK_CODE(cache.contains("key"), Code::ok);
    CHECK(cache.get<std::uint64_t>("key").ok());
    std::size_t seen = 0;
    REQUIRE_OK(cache.for_each({}, [&](const RecordView&) { return ++seen != 0; }));
    CHECK(seen == 1001);
    CHECK(stats_of(cache).records == 1001);
    require_clean(cache);
    REQUIRE_OK(cache.close());
    CHECK((read_file(path) == before));
}

TEST_CASE("a read-only handle counts its own reads, in private") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    auto writer = opened(Cache::create(path));
    REQUIRE_OK(writer.set("key", "value"));
    Options options;
    options.read_only = true;
    auto reader = opened(Cache::open(path, options));
    for (int i = 0; i < 10; ++i) CHECK(value_of(reader, "key") == "value");
    CHECK_CODE(reader.get("absent"), Code::not_found);
    CHECK(stats_of(writer).counters.hits == 0);
    CHECK(stats_of(writer).counters.misses == 0);
}

TEST_CASE("a read-only handle sees at once what others write") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    auto writer = opened(Cache::create(path));
    Options options;
    options.read_only = true;
    auto reader = opened(Cache::open(path, options));
    for (int i = 0; i < 20'000; ++i) {
        const auto key = "key " + std::to_string(i);
        REQUIRE(reader.contains(key).code() == Code::not_found);
        REQUIRE_OK(writer.set(key, std::to_string(i)));
        REQUIRE(value_of(reader, key) == std::to_string(i));
        if (i % 3 != 0) continue;
        REQUIRE_OK(writer.remove(key));
        REQUIRE(reader.contains(key).code() == Code::not_found);
    }
    require_clean(reader);
}
