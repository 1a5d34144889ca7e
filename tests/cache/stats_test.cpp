// stats(): counters that are exact and outlive those who counted, gauges that fit what is stored.
#include "tests/support/check.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>

#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

struct StatsFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));
    Counters counters() { return stats_of(cache).counters; }
};

}  // namespace

TEST_CASE_METHOD(StatsFixture, "reads count hits and misses") {
    REQUIRE_OK(cache.set("key", "12345678"));
    std::string value;
    std::byte buffer[16];
    REQUIRE_OK(cache.get("key", value));
    CHECK(counters().hits == 1);
    REQUIRE_OK(cache.get("key", std::span<std::byte>(buffer)));
    CHECK(counters().hits == 2);
    REQUIRE_OK(cache.get("key"));
    CHECK(counters().hits == 3);
    REQUIRE_OK(cache.get<std::uint64_t>("key"));
    CHECK(counters().hits == 4);
    REQUIRE_OK(cache.contains("key"));
    CHECK(counters().hits == 5);
    CHECK(counters().misses == 0);
    CHECK_CODE(cache.get("absent", value), Code::not_found);
    CHECK_CODE(cache.get("absent", std::span<std::byte>(buffer)), Code::not_found);
    CHECK_CODE(cache.get("absent"), Code::not_found);
    CHECK_CODE(cache.contains("absent"), Code::not_found);
    CHECK(counters().misses == 4);
    CHECK(counters().hits == 5);
    REQUIRE_OK(cache.info("key"));
    CHECK_CODE(cache.info("absent"), Code::not_found);
    CHECK(counters().hits == 5);
    CHECK(counters().misses == 4);
}

TEST_CASE_METHOD(StatsFixture, "an expired record is a miss") {
    WriteOptions expired;
    expired.ttl = Ttl::after(std::chrono::milliseconds(0));
    REQUIRE_OK(cache.set("key", "value", expired));
    CHECK_CODE(cache.get("key"), Code::not_found);
    CHECK_CODE(cache.contains("key"), Code::not_found);
    CHECK(counters().hits == 0);
    CHECK(counters().misses == 2);
}

TEST_CASE_METHOD(StatsFixture, "writes count what they store, replace and remove") {
    REQUIRE_OK(cache.set("key", "1"));
    CHECK(counters().sets == 1);
    CHECK(counters().replaced == 0);
    REQUIRE_OK(cache.set("key", "2"));
    REQUIRE_OK(cache.replace("key", "3"));
    REQUIRE_OK(cache.compare_and_swap("key", "4", version_of(cache, "key")));
    REQUIRE_OK(cache.increment("key"));
    REQUIRE_OK(cache.append("key", "0"));
    REQUIRE_OK(cache.prepend("key", "1"));
    CHECK(counters().sets == 7);
    CHECK(counters().replaced == 6);
    REQUIRE_OK(cache.add("other", "v"));
    REQUIRE_OK(cache.increment("number"));
    CHECK(counters().sets == 9);
    CHECK(counters().replaced == 6);
    CHECK_CODE(cache.add("key", "v"), Code::exists);
    CHECK_CODE(cache.replace("absent", "v"), Code::not_found);
    CHECK_CODE(cache.compare_and_swap("key", "v", 0), Code::version_mismatch);
    CHECK_CODE(cache.increment("other"), Code::not_a_number);
    CHECK_CODE(cache.append("absent", "v"), Code::not_found);
    CHECK_CODE(cache.set("", "v"), Code::invalid_argument);
    CHECK(counters().sets == 9);
    CHECK_CODE(cache.remove("absent"), Code::not_found);
    CHECK(counters().removes == 0);
    REQUIRE_OK(cache.remove("key"));
    CHECK(counters().removes == 1);
    REQUIRE_OK(cache.clear());
    CHECK(counters().removes == 3);
    CHECK(counters().evictions == 0);
    CHECK(counters().expirations == 0);
    require_accounts_balance(stats_of(cache));
}

TEST_CASE_METHOD(StatsFixture, "gauges follow the records") {
    const Stats empty = stats_of(cache);
    std::uint64_t least = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto key = "key " + std::to_string(i);
        REQUIRE_OK(cache.set(key, std::string(1000, 'v')));
        least += key.size() + 1000;
    }
    const Stats full = stats_of(cache);
    CHECK(full.records == 1000);
    CHECK(full.record_bytes >= least);
    CHECK(full.record_bytes <= least + 1000 * 80);
    CHECK(full.segments > 0);
    CHECK(full.segment_bytes >= full.record_bytes + full.dead_bytes);
    CHECK(full.committed_bytes <= full.capacity);
    CHECK(full.committed_bytes == full.fixed_bytes + full.index_bytes + full.segment_bytes);
    CHECK(full.slots >= 1000);
    CHECK(full.load == Approx(1000.0 / static_cast<double>(full.slots)));
    CHECK(full.committed_bytes >= empty.committed_bytes);
    for (int i = 0; i < 500; ++i) REQUIRE_OK(cache.remove("key " + std::to_string(i)));
    const Stats half = stats_of(cache);
    CHECK(half.records == 500);
    CHECK(half.record_bytes < full.record_bytes);
    CHECK(half.record_bytes >= least / 2 - 1000);
    CHECK(half.dead_bytes >= least / 2 - 1000);
}

TEST_CASE_METHOD(StatsFixture, "counters outlive the handles that counted") {
    for (int round = 0; round < 10; ++round) {
        REQUIRE_OK(cache.set("key " + std::to_string(round), "v"));
        CHECK_CODE(cache.get("key " + std::to_string(round)), Code::ok);
        CHECK_CODE(cache.get("absent"), Code::not_found);
        REQUIRE_OK(cache.close());
        cache = opened(Cache::open(directory.file("c")));
    }
    CHECK(counters().sets == 10);
    CHECK(counters().hits == 10);
    CHECK(counters().misses == 10);
    require_accounts_balance(stats_of(cache));
}

TEST_CASE_METHOD(StatsFixture, "each handle that is attached is in the list of processes") {
    auto second = opened(Cache::open(directory.file("c")));
    REQUIRE_OK(second.set("key", "v"));
    Stats stats = stats_of(cache);
    REQUIRE(stats.processes.size() == 2);
    std::uint64_t sets = 0;
    for (const auto& process : stats.processes) {
        CHECK(process.alive);
        CHECK(process.pid == static_cast<std::uint32_t>(::getpid()));
        CHECK(process.uid == ::geteuid());
        CHECK_FALSE(process.name.empty());
        CHECK(process.attached_at_ms <= now_ms());
        CHECK(process.attached_at_ms > now_ms() - 600'000);
        sets += process.counters.sets;
    }
    CHECK(sets == 1);
    CHECK(stats.processes[0].index != stats.processes[1].index);
    REQUIRE_OK(second.close());
    CHECK(stats_of(cache).processes.size() == 1);
    CHECK(counters().sets == 1);
}

TEST_CASE_METHOD(StatsFixture, "flushes are counted and raise the flush epoch") {
    const Stats before = stats_of(cache);
    REQUIRE_OK(cache.set("key", "v"));
    REQUIRE_OK(cache.flush());
    const Stats after = stats_of(cache);
    CHECK(after.counters.flushes == before.counters.flushes + 1);
    CHECK(after.flush_epoch > before.flush_epoch);
    CHECK(value_of(cache, "key") == "v");
}

TEST_CASE_METHOD(StatsFixture, "verify() tells how far it is, and walks all") {
    for (int i = 0; i < 10'000; ++i) REQUIRE_OK(cache.set("key " + std::to_string(i), std::string(500, 'v')));
    std::uint64_t last = 0;
    std::uint64_t all = 0;
    auto verification = cache.verify([&](std::uint64_t done, std::uint64_t total) {
        CHECK(done >= last);
        CHECK(done <= total);
        last = done;
        all = total;
    });
    REQUIRE_OK(verification);
    CHECK(last == all);
    CHECK(all > 0);
    CHECK(verification->records == 10'000);
    CHECK(verification->bytes >= 5'000'000);
    CHECK(verification->segments == stats_of(cache).segments);
    CHECK(verification->problems.empty());
}
