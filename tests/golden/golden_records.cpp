#include "tests/golden/golden_records.hpp"

#include "tests/support/check.hpp"

#include <chrono>

namespace larder::tests {
namespace {

constexpr std::int64_t kFarAway = 4'102'444'800'000;  // the year 2100

std::string long_key() { return "long key" + std::string(9000, '\0') + "end"; }
std::string large_value() { return "large" + std::string(70'000, '\0') + "end"; }
std::string wide_value() { return "wide" + std::string(1500, '\0') + "end"; }

}  // namespace

void fill_for_document(Cache& cache) {
    REQUIRE_OK(cache.set("key", "value"));
    REQUIRE_OK(cache.set("fish", "chips", {Ttl::at(kFarAway), 7}));
}

void fill_golden(Cache& cache) {
    fill_for_document(cache);
    REQUIRE_OK(cache.set("empty", ""));
    REQUIRE_OK(cache.set("gone", "this was removed"));
    REQUIRE_OK(cache.set("changed", "this was overwritten"));
    REQUIRE_OK(cache.set("changed", "new"));
    REQUIRE_OK(cache.set("touched", "kept", {Ttl::after(std::chrono::hours(1))}));
    REQUIRE_OK(cache.touch("touched", Ttl::at(kFarAway + 1)));
    REQUIRE_OK(cache.set(std::string(300, 'k'), wide_value()));
    REQUIRE_OK(cache.set("large", large_value()));
    REQUIRE_OK(cache.set(long_key(), "short"));
    REQUIRE_OK(cache.set(long_key() + "2", large_value(), {Ttl::at(kFarAway + 2), 9}));
    REQUIRE_OK(cache.remove("gone"));
    REQUIRE_OK(cache.flush());
}

void require_golden_records(const Cache& cache) {
    CHECK(value_of(cache, "key") == "value");
    CHECK(value_of(cache, "fish") == "chips");
    CHECK(value_of(cache, "empty").empty());
    CHECK(value_of(cache, "gone") == "<not_found>");
    CHECK(value_of(cache, "changed") == "new");
    CHECK(value_of(cache, "touched") == "kept");
    CHECK((value_of(cache, std::string(300, 'k')) == wide_value()));
    CHECK((value_of(cache, "large") == large_value()));
    CHECK((value_of(cache, long_key()) == "short"));
    CHECK((value_of(cache, long_key() + "2") == large_value()));
    const auto fish = cache.info("fish");
    REQUIRE_OK(fish);
    CHECK(fish->flags == 7);
    CHECK(fish->expires_at_ms == kFarAway);
    const auto last = cache.info(long_key() + "2");
    REQUIRE_OK(last);
    CHECK(last->flags == 9);
    CHECK(last->expires_at_ms == kFarAway + 2);
    CHECK(stats_of(cache).records == 9);
    require_clean(cache);
}

}  // namespace larder::tests
