// increment() and decrement(): decimal numbers, their limits, and what stays of the record.
#include "tests/support/check.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <limits>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();

struct NumberFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));

    void require_number(const Result<std::int64_t>& result, std::int64_t expected) {
        INFO("message: " << result.status().message());
        REQUIRE(result.code() == Code::ok);
        CHECK(*result == expected);
        CHECK(value_of(cache, "key") == std::to_string(expected));
    }
};

}  // namespace

TEST_CASE_METHOD(NumberFixture, "numbers go up and down") {
    REQUIRE_OK(cache.set("key", "10"));
    require_number(cache.increment("key"), 11);
    require_number(cache.increment("key", 89), 100);
    require_number(cache.increment("key", 0), 100);
    require_number(cache.decrement("key"), 99);
    require_number(cache.decrement("key", 100), -1);
    require_number(cache.increment("key", -9), -10);
    require_number(cache.decrement("key", -10), 0);
}

TEST_CASE_METHOD(NumberFixture, "an absent key starts at its initial value") {
    SECTION("which is zero") { require_number(cache.increment("key", 5), 0); }
    SECTION("or given") { require_number(cache.increment("key", 5, 100), 100); }
    SECTION("or negative") { require_number(cache.decrement("key", 5, -100), -100); }
    SECTION("or the largest") { require_number(cache.increment("key", 5, kLargest), kLargest); }
    SECTION("or the smallest") { require_number(cache.decrement("key", 5, kSmallest), kSmallest); }
}

TEST_CASE_METHOD(NumberFixture, "the options are for the absent key") {
    WriteOptions options;
    options.flags = 7;
    options.ttl = Ttl::at(now_ms() + 3'600'000);
    REQUIRE_OK(cache.increment("key", 1, 1, options));
    const auto info = cache.info("key");
    REQUIRE_OK(info);
    CHECK(info->flags == 7);
    CHECK(info->expires_at_ms == options.ttl.milliseconds());
}

TEST_CASE_METHOD(NumberFixture, "a present key keeps its flags, and its expiry unless another is given") {
    const std::int64_t soon = now_ms() + 3'600'000;
    WriteOptions options;
    options.flags = 7;
    options.ttl = Ttl::at(soon);
    REQUIRE_OK(cache.set("key", "1", options));
    WriteOptions other;
    other.flags = 99;
    REQUIRE_OK(cache.increment("key", 1, 0, other));
    CHECK(cache.info("key")->flags == 7);
    CHECK(cache.info("key")->expires_at_ms == soon);
    other.ttl = Ttl::keep();
    REQUIRE_OK(cache.decrement("key", 1, 0, other));
    CHECK(cache.info("key")->flags == 7);
    CHECK(cache.info("key")->expires_at_ms == soon);
    other.ttl = Ttl::at(soon + 1000);
    REQUIRE_OK(cache.increment("key", 1, 0, other));
    CHECK(cache.info("key")->flags == 7);
    CHECK(cache.info("key")->expires_at_ms == soon + 1000);
    CHECK(value_of(cache, "key") == "2");
}

TEST_CASE_METHOD(NumberFixture, "sums that overflow are refused and change nothing") {
    REQUIRE_OK(cache.set("key", std::to_string(kLargest)));
    CHECK_CODE(cache.increment("key"), Code::not_a_number);
    CHECK_CODE(cache.increment("key", kLargest), Code::not_a_number);
    CHECK_CODE(cache.decrement("key", -1), Code::not_a_number);
    CHECK_CODE(cache.decrement("key", kSmallest), Code::not_a_number);
    CHECK(value_of(cache, "key") == "9223372036854775807");
    require_number(cache.increment("key", kSmallest), -1);
    require_number(cache.decrement("key", kSmallest), kLargest);
    require_number(cache.decrement("key", kLargest), 0);
    CHECK_CODE(cache.decrement("key", kSmallest), Code::not_a_number);
    require_number(cache.increment("key", kSmallest), kSmallest);
    CHECK_CODE(cache.decrement("key"), Code::not_a_number);
    CHECK_CODE(cache.increment("key", -1), Code::not_a_number);
    CHECK_CODE(cache.increment("key", kSmallest), Code::not_a_number);
    CHECK(value_of(cache, "key") == "-9223372036854775808");
    require_number(cache.increment("key", kLargest), -1);
}

TEST_CASE_METHOD(NumberFixture, "what is no decimal 64-bit integer is refused and stays") {
    const std::string_view texts[]{"",
                                   " ",
                                   "x",
                                   "12x",
                                   "x12",
                                   " 12",
                                   "12 ",
                                   "1.5",
                                   "1e3",
                                   "0x10",
                                   "-",
                                   "--1",
                                   "1 2",
                                   "9223372036854775808",
                                   "-9223372036854775809",
                                   "99999999999999999999999999999999",
                                   std::string_view("12\0", 3),
                                   std::string_view("\0", 1)};
    for (const auto text : texts) {
        INFO("text [" << std::string(text) << "]");
        REQUIRE_OK(cache.set("key", text));
        const auto version = version_of(cache, "key");
        CHECK_CODE(cache.increment("key"), Code::not_a_number);
        CHECK_CODE(cache.decrement("key", 0), Code::not_a_number);
        CHECK(value_of(cache, "key") == text);
        CHECK(version_of(cache, "key") == version);
    }
    REQUIRE_OK(cache.set("key", std::string(100'000, '1')));
    CHECK_CODE(cache.increment("key"), Code::not_a_number);
}

TEST_CASE_METHOD(NumberFixture, "numbers are counted in text, so others may write and read them") {
    REQUIRE_OK(cache.increment("key", 1, 41));
    REQUIRE_OK(cache.increment("key"));
    CHECK(value_of(cache, "key") == "42");
    REQUIRE_OK(cache.append("key", "0"));
    require_number(cache.increment("key"), 421);
    CHECK(cache.info("key")->value_size == 3);
}

TEST_CASE_METHOD(NumberFixture, "a number's many increments all count, and leave one record") {
    for (int i = 0; i <= 100'000; ++i) REQUIRE(cache.increment("key").ok());
    CHECK(value_of(cache, "key") == "100000");
    const Stats stats = stats_of(cache);
    CHECK(stats.records == 1);
    CHECK(stats.counters.evictions == 0);
    require_accounts_balance(stats);
    require_clean(cache);
}

TEST_CASE_METHOD(NumberFixture, "a number that expires in the middle of a call is absent") {
    // Each round runs into the end of a record, and some hit it between two looks at the clock.
    for (int round = 0; round < 200; ++round) {
        REQUIRE_OK(cache.set("key", "1", {Ttl::at(now_ms() + 2)}));
        auto result = cache.increment("key", 1, -5);
        while (result.ok() && *result != -5) result = cache.increment("key", 1, -5);
        REQUIRE_OK(result);
    }
}
