// The clocks agree with each other as the engine relies on.
#include "engine/platform/clock.hpp"

#include <catch2/catch.hpp>

using namespace larder::platform;

TEST_CASE("the coarse clock is never ahead of the exact one, and behind it by no more than it says") {
    for (int i = 0; i < 100'000; ++i) {
        const std::int64_t before = now_ms();
        const std::int64_t coarse = coarse_now_ms();
        const std::int64_t after = now_ms();
        if (coarse > after || coarse < before - kCoarseLagMs) {
            FAIL("coarse " << coarse << " between " << before << " and " << after);
        }
    }
    SUCCEED();
}

TEST_CASE("a deadline has expired exactly when the exact clock has reached it") {
    for (int i = 0; i < 20; ++i) {
        const std::int64_t deadline = now_ms() + i % 4;
        bool expired = false;
        while (!expired) {
            const std::int64_t before = now_ms();
            expired = has_expired(deadline);
            const std::int64_t after = now_ms();
            if (expired) REQUIRE(after >= deadline);
            if (!expired) REQUIRE(before < deadline);
        }
    }
    CHECK(has_expired(0));
    CHECK(has_expired(coarse_now_ms()));
    CHECK_FALSE(has_expired(now_ms() + 1'000'000));
}

TEST_CASE("the clock for waits does not go back") {
    std::int64_t last = monotonic_ns();
    for (int i = 0; i < 100'000; ++i) {
        const std::int64_t now = monotonic_ns();
        if (now < last) FAIL(now << " after " << last);
        last = now;
    }
    CHECK(last > 0);
}
