// set, add, replace, compare_and_swap, remove and the ways to read: what each does to a key that is there or is not.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace larder;
using namespace larder::tests;

namespace {

struct StoreFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));
};

WriteOptions flagged(std::uint32_t flags) {
    WriteOptions options;
    options.flags = flags;
    return options;
}

}  // namespace

TEST_CASE_METHOD(StoreFixture, "get() of an absent key changes nothing of the caller's") {
    std::string value = "before";
    RecordInfo info;
    info.version = 77;
    std::byte buffer[4]{std::byte{9}, std::byte{9}, std::byte{9}, std::byte{9}};
    CHECK_CODE(cache.get("absent", value, &info), Code::not_found);
    CHECK(value == "before");
    CHECK_CODE(cache.get("absent", std::span<std::byte>(buffer)), Code::not_found);
    CHECK(buffer[0] == std::byte{9});
    CHECK_CODE(cache.get("absent"), Code::not_found);
    CHECK_CODE(cache.get<int>("absent"), Code::not_found);
    CHECK_CODE(cache.contains("absent"), Code::not_found);
    CHECK_CODE(cache.info("absent"), Code::not_found);
    CHECK_CODE(cache.get_and_touch("absent", Ttl::never(), value), Code::not_found);
    CHECK(value == "before");
}

TEST_CASE_METHOD(StoreFixture, "set() stores, and replaces with values shorter, longer and equal") {
    for (const auto* text : {"first", "x", "a good deal longer than the one before", "first", "first"}) {
        REQUIRE_OK(cache.set("key", text));
        CHECK(value_of(cache, "key") == text);
        CHECK(stats_of(cache).records == 1);
    }
    require_clean(cache);
}

TEST_CASE_METHOD(StoreFixture, "get() replaces what the caller's string held") {
    REQUIRE_OK(cache.set("short", "s"));
    REQUIRE_OK(cache.set("long", std::string(5000, 'l')));
    std::string value = "before";
    REQUIRE_OK(cache.get("long", value));
    CHECK(value == std::string(5000, 'l'));
    REQUIRE_OK(cache.get("short", value));
    CHECK(value == "s");
}

TEST_CASE_METHOD(StoreFixture, "get() into a buffer") {
    REQUIRE_OK(cache.set("key", "0123456789", flagged(7)));
    char buffer[12] = "...........";
    RecordInfo info;
    SECTION("larger") {
        auto length = cache.get("key", std::as_writable_bytes(std::span(buffer)), &info);
        REQUIRE_OK(length);
        CHECK(*length == 10);
        CHECK(std::string_view(buffer, 11) == "0123456789.");
    }
    SECTION("exact") {
        auto length = cache.get("key", std::as_writable_bytes(std::span(buffer, 10)), &info);
        REQUIRE_OK(length);
        CHECK(*length == 10);
        CHECK(std::string_view(buffer, 11) == "0123456789.");
    }
    SECTION("one byte short") {
        CHECK_CODE(cache.get("key", std::as_writable_bytes(std::span(buffer, 9)), &info), Code::size_mismatch);
        CHECK(buffer[9] == '.');
    }
    SECTION("none") { CHECK_CODE(cache.get("key", std::span<std::byte>(), &info), Code::size_mismatch); }
    CHECK(info.value_size == 10);
    CHECK(info.flags == 7);
}

TEST_CASE_METHOD(StoreFixture, "add() stores only what is absent") {
    std::uint64_t version = 0;
    REQUIRE_OK(cache.add("key", "one", flagged(1), &version));
    CHECK(version == version_of(cache, "key"));
    CHECK_CODE(cache.add("key", "two", flagged(2)), Code::exists);
    CHECK(value_of(cache, "key") == "one");
    CHECK(cache.info("key")->flags == 1);
    CHECK(version == version_of(cache, "key"));
    REQUIRE_OK(cache.remove("key"));
    REQUIRE_OK(cache.add("key", "three"));
    CHECK(value_of(cache, "key") == "three");
    CHECK(cache.info("key")->flags == 0);
}

TEST_CASE_METHOD(StoreFixture, "replace() stores only where something is") {
    CHECK_CODE(cache.replace("key", "one"), Code::not_found);
    CHECK_CODE(cache.contains("key"), Code::not_found);
    REQUIRE_OK(cache.set("key", "two", flagged(2)));
    std::uint64_t version = 0;
    REQUIRE_OK(cache.replace("key", "three", flagged(3), &version));
    CHECK(value_of(cache, "key") == "three");
    CHECK(cache.info("key")->flags == 3);
    CHECK(version == version_of(cache, "key"));
    REQUIRE_OK(cache.remove("key"));
    CHECK_CODE(cache.replace("key", "four"), Code::not_found);
}

TEST_CASE_METHOD(StoreFixture, "compare_and_swap() stores only over the version it expects") {
    CHECK_CODE(cache.compare_and_swap("key", "v", 0), Code::not_found);
    CHECK_CODE(cache.compare_and_swap("key", "v", 1), Code::not_found);
    std::uint64_t first = 0;
    REQUIRE_OK(cache.set("key", "one", {}, &first));
    std::uint64_t second = 0;
    REQUIRE_OK(cache.compare_and_swap("key", "two", first, flagged(5), &second));
    CHECK(second != first);
    CHECK(value_of(cache, "key") == "two");
    CHECK(cache.info("key")->flags == 5);
    for (const std::uint64_t wrong : {first, second + 1, second - 1, std::uint64_t{0}, ~std::uint64_t{0}}) {
        if (wrong == second) continue;
        CHECK_CODE(cache.compare_and_swap("key", "three", wrong), Code::version_mismatch);
    }
    CHECK(value_of(cache, "key") == "two");
    CHECK(version_of(cache, "key") == second);
    REQUIRE_OK(cache.remove("key"));
    CHECK_CODE(cache.compare_and_swap("key", "three", second), Code::not_found);
    REQUIRE_OK(cache.set("key", "four"));
    CHECK_CODE(cache.compare_and_swap("key", "five", second), Code::version_mismatch);
    CHECK(value_of(cache, "key") == "four");
}

TEST_CASE_METHOD(StoreFixture, "remove() removes once") {
    CHECK_CODE(cache.remove("key"), Code::not_found);
    REQUIRE_OK(cache.set("key", "value"));
    REQUIRE_OK(cache.set("other", "value"));
    REQUIRE_OK(cache.remove("key"));
    CHECK_CODE(cache.get("key"), Code::not_found);
    CHECK_CODE(cache.contains("key"), Code::not_found);
    CHECK_CODE(cache.info("key"), Code::not_found);
    CHECK_CODE(cache.remove("key"), Code::not_found);
    CHECK(value_of(cache, "other") == "value");
    CHECK(stats_of(cache).records == 1);
    require_clean(cache);
}

TEST_CASE_METHOD(StoreFixture, "flags are kept as given and replaced with the value") {
    for (const std::uint32_t flags : {0U, 1U, 0x80000000U, 0xffffffffU, 0U}) {
        REQUIRE_OK(cache.set("key", "value", flagged(flags)));
        std::string value;
        RecordInfo info;
        info.flags = 12345;
        REQUIRE_OK(cache.get("key", value, &info));
        CHECK(info.flags == flags);
        CHECK(cache.info("key")->flags == flags);
    }
}

TEST_CASE_METHOD(StoreFixture, "a key that looks like another is another") {
    const std::string_view keys[]{"key", "Key", "key ", " key", "ke", "keyy", std::string_view("key\0", 4)};
    for (const auto key : keys) REQUIRE_OK(cache.set(key, "value of [" + std::string(key) + "]"));
    for (const auto key : keys) CHECK(value_of(cache, key) == "value of [" + std::string(key) + "]");
    REQUIRE_OK(cache.remove("key"));
    CHECK_CODE(cache.get("key"), Code::not_found);
    for (const auto key : std::span(keys).subspan(1)) CHECK(value_of(cache, key) == "value of [" + std::string(key) + "]");
}

TEST_CASE_METHOD(StoreFixture, "clear() removes all, and what comes after stays") {
    REQUIRE_OK(cache.clear());
    for (int i = 0; i < 5000; ++i) REQUIRE_OK(cache.set("key " + std::to_string(i), std::string(100, 'v')));
    REQUIRE_OK(cache.clear());
    const Stats stats = stats_of(cache);
    CHECK(stats.records == 0);
    CHECK(stats.record_bytes == 0);
    CHECK(stats.counters.removes == 5000);
    require_accounts_balance(stats);
    std::size_t seen = 0;
    REQUIRE_OK(cache.for_each({}, [&](const RecordView&) { return ++seen != 0; }));
    CHECK(seen == 0);
    for (int i = 0; i < 5000; ++i) REQUIRE(cache.contains("key " + std::to_string(i)).code() == Code::not_found);
    REQUIRE_OK(cache.set("key 1", "new"));
    CHECK(value_of(cache, "key 1") == "new");
    require_clean(cache);
}

TEST_CASE_METHOD(StoreFixture, "the index grows from nothing to hundreds of thousands of keys and loses none") {
    constexpr int kKeys = 300'000;
    for (int i = 0; i < kKeys; ++i) REQUIRE_OK(cache.set("k" + std::to_string(i), "v" + std::to_string(i)));
    const Stats stats = stats_of(cache);
    REQUIRE(stats.counters.evictions == 0);
    CHECK(stats.records == kKeys);
    std::string value;
    for (int i = 0; i < kKeys; ++i) {
        REQUIRE(cache.get("k" + std::to_string(i), value).code() == Code::ok);
        REQUIRE(value == "v" + std::to_string(i));
        REQUIRE(cache.contains("K" + std::to_string(i)).code() == Code::not_found);
    }
    require_clean(cache);
    auto again = opened(Cache::open(directory.file("c")));
    for (int i = 0; i < kKeys; i += 7) REQUIRE(value_of(again, "k" + std::to_string(i)) == "v" + std::to_string(i));
}
