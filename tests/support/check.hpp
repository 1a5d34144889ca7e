// How the tests look at a Status: failures show the code's name and the message.
#pragma once

#include <catch2/catch.hpp>

#include <larder/cache.hpp>

#include "tests/support/random.hpp"

#include <string>
#include <utility>

namespace Catch {

template <>
struct StringMaker<larder::Code> {
    static std::string convert(larder::Code code) { return std::string(larder::code_name(code)); }
};

}  // namespace Catch

namespace larder::tests {

inline const Status& status_of(const Status& status) { return status; }
template <class T>
const Status& status_of(const Result<T>& result) {
    return result.status();
}

/// The cache that came of it; fails the test where none did.
inline Cache opened(Result<Cache> result) {
    INFO("message: " << result.status().message());
    REQUIRE(result.code() == Code::ok);
    return std::move(*result);
}

/// The statistics; fails the test where there are none.
inline Stats stats_of(const Cache& cache) {
    auto stats = cache.stats();
    INFO("message: " << stats.status().message());
    REQUIRE(stats.code() == Code::ok);
    return std::move(*stats);
}

/// The value, or "<" + the code's name + ">" where there is none.
inline std::string value_of(const Cache& cache, std::string_view key) {
    auto value = cache.get(key);
    if (!value.ok()) return "<" + std::string(code_name(value.code())) + ">";
    return std::move(*value);
}

/// The version of a record that must be there.
inline std::uint64_t version_of(const Cache& cache, std::string_view key) {
    auto info = cache.info(key);
    INFO("message: " << info.status().message());
    REQUIRE(info.code() == Code::ok);
    return info->version;
}

/// How many of the processes are alive; those that died without closing stay in the list for a while.
inline std::size_t living(const Stats& stats) {
    std::size_t count = 0;
    for (const auto& process : stats.processes) count += process.alive ? 1 : 0;
    return count;
}

/// Every record that was ever stored is there, or counted under what took it away.
inline void require_accounts_balance(const Stats& stats) {
    const Counters& c = stats.counters;
    INFO("sets " << c.sets << " replaced " << c.replaced << " removes " << c.removes << " expirations " << c.expirations
                 << " evictions " << c.evictions << " records " << stats.records);
    REQUIRE(c.sets - c.replaced - c.removes - c.expirations - c.evictions == stats.records);
}

/// verify() finds nothing wrong, and as many records as the statistics say.
inline void require_clean(const Cache& cache) {
    auto verification = cache.verify();
    INFO("message: " << verification.status().message());
    REQUIRE(verification.code() == Code::ok);
    std::string problems;
    for (std::size_t i = 0; i < verification->problems.size() && i < 20; ++i) problems += verification->problems[i] + "\n";
    REQUIRE(problems == "");
    REQUIRE(verification->records == stats_of(cache).records);
}

}  // namespace larder::tests

/// The call returns this code; a failure shows its message.
#define REQUIRE_CODE(expression, expected)                                   \
    do {                                                                     \
        const auto& outcome_ = (expression);                                 \
        INFO("message: " << ::larder::tests::status_of(outcome_).message()); \
        REQUIRE(::larder::tests::status_of(outcome_).code() == (expected));  \
    } while (false)
#define CHECK_CODE(expression, expected)                                     \
    do {                                                                     \
        const auto& outcome_ = (expression);                                 \
        INFO("message: " << ::larder::tests::status_of(outcome_).message()); \
        CHECK(::larder::tests::status_of(outcome_).code() == (expected));    \
    } while (false)
#define REQUIRE_OK(expression) REQUIRE_CODE(expression, ::larder::Code::ok)

/// Says with each failure in this scope how to have the same random numbers again.
#define SHOW_SEED() INFO("LARDER_SEED=" << ::larder::tests::seed())
