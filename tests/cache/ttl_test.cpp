// Expiry: by each way to give a TTL, visible to the millisecond, to every operation.
#include "tests/support/check.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <limits>

using namespace larder;
using namespace larder::tests;
using std::chrono::milliseconds;

namespace {

constexpr Ttl kHour = Ttl::after(std::chrono::hours(1));
constexpr Ttl kPast = Ttl::after(milliseconds(0));

WriteOptions with(Ttl ttl, std::uint32_t flags = 0) {
    WriteOptions options;
    options.ttl = ttl;
    options.flags = flags;
    return options;
}

struct TtlFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));

    std::int64_t expiry(std::string_view key) {
        auto info = cache.info(key);
        INFO("message: " << info.status().message());
        REQUIRE(info.code() == Code::ok);
        return info->expires_at_ms;
    }
};

}  // namespace

TEST_CASE("a Ttl says what it is") {
    CHECK(Ttl().is_never());
    CHECK(Ttl::never().is_never());
    CHECK_FALSE(Ttl::never().is_keep());
    CHECK(Ttl::keep().is_keep());
    CHECK_FALSE(Ttl::keep().is_never());
    for (const auto duration : {-1, 0, -1000}) {
        const auto ttl = Ttl::after(milliseconds(duration));
        CHECK_FALSE(ttl.is_never());
        CHECK_FALSE(ttl.is_keep());
        CHECK_FALSE(ttl.is_absolute());
        CHECK(ttl.milliseconds() <= 0);
    }
    CHECK(Ttl::after(std::chrono::seconds(2)).milliseconds() == 2000);
    CHECK(Ttl::at(1234).is_absolute());
    CHECK(Ttl::at(1234).milliseconds() == 1234);
    for (const std::int64_t early : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{-2}}) {
        CHECK(Ttl::at(early).is_absolute());
        CHECK_FALSE(Ttl::at(early).is_never());
        CHECK_FALSE(Ttl::at(early).is_keep());
    }
}

TEST_CASE_METHOD(TtlFixture, "the expiry that info() tells is the one that was given") {
    REQUIRE_OK(cache.set("never", "v"));
    CHECK(expiry("never") == 0);
    const std::int64_t before = now_ms();
    REQUIRE_OK(cache.set("after", "v", with(Ttl::after(milliseconds(60'000)))));
    const std::int64_t after = now_ms();
    CHECK(expiry("after") >= before + 60'000);
    CHECK(expiry("after") <= after + 60'001);
    REQUIRE_OK(cache.set("at", "v", with(Ttl::at(after + 12'345))));
    CHECK(expiry("at") == after + 12'345);
    REQUIRE_OK(cache.set("far", "v", with(Ttl::at(std::int64_t{253'402'300'799'000}))));
    CHECK(expiry("far") == std::int64_t{253'402'300'799'000});
    CHECK(value_of(cache, "far") == "v");
}

TEST_CASE_METHOD(TtlFixture, "durations beyond the calendar do not wrap around") {
    REQUIRE_OK(cache.set("after", "v", with(Ttl::after(milliseconds::max()))));
    CHECK(value_of(cache, "after") == "v");
    REQUIRE_OK(cache.set("at", "v", with(Ttl::at(std::numeric_limits<std::int64_t>::max()))));
    CHECK(value_of(cache, "at") == "v");
    REQUIRE_OK(cache.set("touched", "v"));
    REQUIRE_OK(cache.touch("touched", Ttl::after(milliseconds::max())));
    CHECK(value_of(cache, "touched") == "v");
}

TEST_CASE_METHOD(TtlFixture, "a record is there until its millisecond comes, and not after it") {
    for (int round = 0; round < 20; ++round) {
        const std::int64_t expires = now_ms() + 12;
        REQUIRE_OK(cache.set("key", "value", with(Ttl::at(expires))));
        bool gone = false;
        while (!gone) {
            const std::int64_t before = now_ms();
            gone = cache.contains("key").code() == Code::not_found;
            const std::int64_t after = now_ms();
            INFO("round " << round << " before " << before - expires << " after " << after - expires);
            if (gone) REQUIRE(after >= expires);
            if (!gone) REQUIRE(before <= expires);
        }
        REQUIRE(cache.get("key").code() == Code::not_found);
    }
}

TEST_CASE_METHOD(TtlFixture, "durations count from the write") {
    for (int round = 0; round < 10; ++round) {
        const std::int64_t start = now_ms();
        REQUIRE_OK(cache.set("key", "value", with(Ttl::after(milliseconds(10)))));
        const std::int64_t written = now_ms();
        while (cache.contains("key").ok()) REQUIRE(now_ms() <= written + 60'000);
        REQUIRE(now_ms() >= start + 10);
    }
}

TEST_CASE_METHOD(TtlFixture, "an expired record is absent to every operation that reads") {
    REQUIRE_OK(cache.set("key", "12345678", with(kPast, 5)));
    std::string value = "before";
    std::byte buffer[16];
    CHECK_CODE(cache.get("key", value), Code::not_found);
    CHECK_CODE(cache.get("key", std::span<std::byte>(buffer)), Code::not_found);
    CHECK_CODE(cache.get("key"), Code::not_found);
    CHECK_CODE(cache.get<std::uint64_t>("key"), Code::not_found);
    CHECK_CODE(cache.contains("key"), Code::not_found);
    CHECK_CODE(cache.info("key"), Code::not_found);
    const std::string_view keys[]{"key"};
    Lookup answers[1];
    CHECK(cache.get_many(keys, answers) == 0);
    CHECK_CODE(answers[0].status, Code::not_found);
    bool visited = false;
    REQUIRE_OK(cache.for_each({}, [&](const RecordView&) { return visited = true; }));
    CHECK_FALSE(visited);
}

TEST_CASE_METHOD(TtlFixture, "an expired record is absent to every operation that changes one") {
    auto expire = [&] { REQUIRE_OK(cache.set("key", "12345678", with(kPast, 5))); };
    std::string value = "before";
    expire();
    CHECK_CODE(cache.replace("key", "v"), Code::not_found);
    expire();
    CHECK_CODE(cache.compare_and_swap("key", "v", 1), Code::not_found);
    expire();
    CHECK_CODE(cache.remove("key"), Code::not_found);
    expire();
    CHECK_CODE(cache.touch("key", kHour), Code::not_found);
    CHECK_CODE(cache.get("key"), Code::not_found);
    expire();
    CHECK_CODE(cache.get_and_touch("key", kHour, value), Code::not_found);
    CHECK(value == "before");
    expire();
    CHECK_CODE(cache.append("key", "v"), Code::not_found);
    expire();
    CHECK_CODE(cache.prepend("key", "v"), Code::not_found);
    CHECK_CODE(cache.get("key"), Code::not_found);
    expire();
    REQUIRE_OK(cache.increment("key", 1, 77));
    CHECK(value_of(cache, "key") == "77");
    CHECK(cache.info("key")->flags == 0);
    CHECK(expiry("key") == 0);
    expire();
    REQUIRE_OK(cache.add("key", "added"));
    CHECK(value_of(cache, "key") == "added");
    require_clean(cache);
    require_accounts_balance(stats_of(cache));
}

TEST_CASE_METHOD(TtlFixture, "each way to write an expired record takes the old value away") {
    REQUIRE_OK(cache.set("key", "old"));
    std::string value;
    SECTION("set") { REQUIRE_OK(cache.set("key", "new", with(kPast))); }
    SECTION("a negative duration") { REQUIRE_OK(cache.set("key", "new", with(Ttl::after(milliseconds(-5))))); }
    SECTION("at a time long past") { REQUIRE_OK(cache.set("key", "new", with(Ttl::at(1)))); }
    SECTION("at the epoch") { REQUIRE_OK(cache.set("key", "new", with(Ttl::at(0)))); }
    SECTION("replace") { REQUIRE_OK(cache.replace("key", "new", with(kPast))); }
    SECTION("swap") { REQUIRE_OK(cache.compare_and_swap("key", "new", version_of(cache, "key"), with(kPast))); }
    SECTION("touch") { REQUIRE_OK(cache.touch("key", kPast)); }
    SECTION("get and touch") {
        REQUIRE_OK(cache.get_and_touch("key", kPast, value));
        CHECK(value == "old");
    }
    CHECK_CODE(cache.get("key"), Code::not_found);
    CHECK_CODE(cache.contains("key"), Code::not_found);
}

TEST_CASE_METHOD(TtlFixture, "a write sets another expiry, or keeps the one there is") {
    const std::int64_t soon = now_ms() + 3'600'000;
    REQUIRE_OK(cache.set("key", "v", with(Ttl::at(soon))));
    REQUIRE_OK(cache.set("key", "w", with(Ttl::keep())));
    CHECK(expiry("key") == soon);
    REQUIRE_OK(cache.replace("key", "x", with(Ttl::keep())));
    CHECK(expiry("key") == soon);
    REQUIRE_OK(cache.compare_and_swap("key", "y", version_of(cache, "key"), with(Ttl::keep())));
    CHECK(expiry("key") == soon);
    REQUIRE_OK(cache.set("key", "z", with(Ttl::at(soon + 5))));
    CHECK(expiry("key") == soon + 5);
    REQUIRE_OK(cache.set("key", "never"));
    CHECK(expiry("key") == 0);
    REQUIRE_OK(cache.set("key", "kept", with(Ttl::keep())));
    CHECK(expiry("key") == 0);
}

TEST_CASE_METHOD(TtlFixture, "keeping the expiry of an absent key means never") {
    REQUIRE_OK(cache.set("set", "v", with(Ttl::keep())));
    CHECK(expiry("set") == 0);
    REQUIRE_OK(cache.add("add", "v", with(Ttl::keep())));
    CHECK(expiry("add") == 0);
    REQUIRE_OK(cache.increment("number", 1, 1, with(Ttl::keep())));
    CHECK(expiry("number") == 0);
    REQUIRE_OK(cache.set("expired", "v", with(kPast)));
    REQUIRE_OK(cache.set("expired", "w", with(Ttl::keep())));
    CHECK(value_of(cache, "expired") == "w");
    CHECK(expiry("expired") == 0);
}

TEST_CASE_METHOD(TtlFixture, "touch changes the expiry and nothing else") {
    REQUIRE_OK(cache.set("key", std::string(3000, 'v'), with(Ttl::never(), 42)));
    const std::int64_t soon = now_ms() + 3'600'000;
    REQUIRE_OK(cache.touch("key", Ttl::at(soon)));
    CHECK(expiry("key") == soon);
    REQUIRE_OK(cache.touch("key", Ttl::keep()));
    CHECK(expiry("key") == soon);
    CHECK(value_of(cache, "key") == std::string(3000, 'v'));
    CHECK(cache.info("key")->flags == 42);
    REQUIRE_OK(cache.touch("key", Ttl::never()));
    CHECK(expiry("key") == 0);
    CHECK_CODE(cache.touch("absent", Ttl::never()), Code::not_found);
    CHECK_CODE(cache.contains("absent"), Code::not_found);
    CHECK(stats_of(cache).records == 1);
    require_clean(cache);
    require_accounts_balance(stats_of(cache));
}

TEST_CASE_METHOD(TtlFixture, "get_and_touch gives the value and the new expiry") {
    REQUIRE_OK(cache.set("key", "value", with(Ttl::never(), 42)));
    const std::int64_t soon = now_ms() + 3'600'000;
    std::string value;
    RecordInfo info;
    REQUIRE_OK(cache.get_and_touch("key", Ttl::at(soon), value, &info));
    CHECK(value == "value");
    CHECK(info.flags == 42);
    CHECK(info.value_size == 5);
    CHECK(info.expires_at_ms == soon);
    CHECK(expiry("key") == soon);
    CHECK(cache.info("key")->flags == 42);
}

TEST_CASE_METHOD(TtlFixture, "expiries survive reopening") {
    const std::int64_t soon = now_ms() + 3'600'000;
    REQUIRE_OK(cache.set("later", "v", with(Ttl::at(soon), 3)));
    REQUIRE_OK(cache.set("expired", "v", with(kPast)));
    REQUIRE_OK(cache.close());
    cache = opened(Cache::open(directory.file("c")));
    CHECK(expiry("later") == soon);
    CHECK(cache.info("later")->flags == 3);
    CHECK_CODE(cache.get("expired"), Code::not_found);
}

TEST_CASE("expired records make room before live ones go") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = 4U << 20U;
    auto cache = opened(Cache::create(directory.file("c"), options));
    const std::string value(1000, 'v');
    for (int i = 0; i < 400; ++i) REQUIRE_OK(cache.set("live " + std::to_string(i), value));
    for (int i = 0; i < 20'000; ++i) REQUIRE_OK(cache.set("passing " + std::to_string(i), value, with(kPast)));
    for (int i = 0; i < 400; ++i) REQUIRE(value_of(cache, "live " + std::to_string(i)) == value);
    const Stats stats = stats_of(cache);
    CHECK(stats.counters.evictions == 0);
    CHECK(stats.counters.expirations > 0);
    require_accounts_balance(stats);
    require_clean(cache);
}
