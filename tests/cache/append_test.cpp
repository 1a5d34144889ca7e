// append() and prepend().
#include "tests/support/check.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace larder;
using namespace larder::tests;

namespace {

struct AppendFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));
};

}  // namespace

TEST_CASE_METHOD(AppendFixture, "bytes go behind and before the value") {
    REQUIRE_OK(cache.set("key", "middle"));
    REQUIRE_OK(cache.append("key", " end"));
    REQUIRE_OK(cache.prepend("key", "start "));
    CHECK(value_of(cache, "key") == "start middle end");
    REQUIRE_OK(cache.append("key", ""));
    REQUIRE_OK(cache.prepend("key", ""));
    CHECK(value_of(cache, "key") == "start middle end");
    REQUIRE_OK(cache.append("key", std::string_view("\0", 1)));
    CHECK(value_of(cache, "key") == std::string("start middle end\0", 17));
}

TEST_CASE_METHOD(AppendFixture, "an absent key stays absent") {
    CHECK_CODE(cache.append("key", "v"), Code::not_found);
    CHECK_CODE(cache.prepend("key", "v"), Code::not_found);
    CHECK_CODE(cache.contains("key"), Code::not_found);
    CHECK(stats_of(cache).counters.sets == 0);
}

TEST_CASE_METHOD(AppendFixture, "flags and expiry stay") {
    WriteOptions options;
    options.flags = 11;
    options.ttl = Ttl::at(now_ms() + 3'600'000);
    REQUIRE_OK(cache.set("key", "v", options));
    REQUIRE_OK(cache.append("key", "w"));
    REQUIRE_OK(cache.prepend("key", "u"));
    const auto info = cache.info("key");
    REQUIRE_OK(info);
    CHECK(info->flags == 11);
    CHECK(info->expires_at_ms == options.ttl.milliseconds());
    CHECK(info->value_size == 3);
}

TEST_CASE("a value grows bit by bit up to the largest, and no further") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = 1U << 20U;
    auto cache = opened(Cache::create(directory.file("c"), options));
    Random random(seed());
    SHOW_SEED();
    std::string expected;
    REQUIRE_OK(cache.set("key", ""));
    for (;;) {
        std::string piece(random.skewed(2000), static_cast<char>('a' + random.below(26)));
        const bool front = random.chance(50);
        const bool fits = expected.size() + piece.size() <= cache.max_value_size();
        const Status status = front ? cache.prepend("key", piece) : cache.append("key", piece);
        if (!fits) {
            REQUIRE(status.code() == Code::too_large);
            break;
        }
        INFO("message: " << status.message());
        REQUIRE(status.code() == Code::ok);
        expected = front ? piece + expected : expected + piece;
        REQUIRE((value_of(cache, "key") == expected));
    }
    CHECK((value_of(cache, "key") == expected));
    require_accounts_balance(stats_of(cache));
    require_clean(cache);
}
