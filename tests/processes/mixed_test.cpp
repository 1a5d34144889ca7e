// Processes that read and write the same keys of one file. LARDER_ITERATIONS: how many operations each of them does.
#include "tests/processes/crew.hpp"

#include <chrono>
#include <set>
#include <thread>

using namespace larder;
using namespace larder::tests;

namespace {

CrewOptions roomy() {
    CrewOptions options;
    options.cache.capacity = 256U << 20U;
    return options;
}

CrewOptions tight(std::uint64_t capacity) {
    CrewOptions options;
    options.cache.capacity = capacity;
    options.evicting = true;
    return options;
}

}  // namespace

TEST_CASE("four processes on one file: every value right, every count exact") {
    SHOW_SEED();
    auto options = roomy();
    options.operations = iterations(200'000);
    Crew crew(options);
    crew.start_all();
    crew.start_reader();
    crew.finish();
    CHECK(crew.operations() >= 4 * options.operations);
}

TEST_CASE("four processes on a small file that evicts all the time") {
    SHOW_SEED();
    auto options = tight(1U << 20U);
    options.operations = iterations(100'000);
    Crew crew(options);
    crew.start_all();
    crew.start_reader();
    crew.finish();
    CHECK(stats_of(crew.cache()).counters.evictions > 0);
}

TEST_CASE("four processes with one lock between them") {
    SHOW_SEED();
    auto options = tight(2U << 20U);
    options.cache.shards = 1;
    options.operations = iterations(50'000);
    Crew crew(options);
    crew.start_all();
    crew.finish();
}

TEST_CASE("the capacity goes up and down while others read and write") {
    SHOW_SEED();
    auto options = tight(1U << 20U);
    options.cache.reservation = 64U << 20U;
    Crew crew(options);
    crew.start_all();
    crew.start_reader();
    Random random(seed());
    for (std::uint64_t round = 0; round < iterations(60); ++round) {
        const auto capacity = random.between(1U << 20U, 64U << 20U);
        INFO("round " << round << " capacity " << capacity);
        REQUIRE_OK(crew.cache().resize(capacity));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        REQUIRE(stats_of(crew.cache()).capacity == capacity);
        crew.require_no_failure();
    }
    crew.finish();
    CHECK(allocated_bytes(crew.path()) <= stats_of(crew.cache()).capacity + (256U << 10U));
}

TEST_CASE("scans see what stays, while others write and the index grows") {
    SHOW_SEED();
    Crew crew(roomy());
    std::set<std::string> stays;
    for (int i = 0; i < 1000; ++i) {
        REQUIRE_OK(crew.cache().set("stays " + std::to_string(i), std::to_string(i)));
        stays.insert("stays " + std::to_string(i));
    }
    crew.start_all();
    int added = 0;
    for (std::uint64_t round = 0; round < iterations(40); ++round) {
        std::set<std::string> seen;
        const auto cursor = crew.cache().for_each({}, [&](const RecordView& record) {
            const std::string key(record.key);
            if (key.substr(0, 6) == "stays " && record.value == key.substr(6)) seen.insert(key);
            return true;
        });
        REQUIRE_OK(cursor);
        REQUIRE(cursor->done);
        REQUIRE(seen == stays);
        crew.require_no_failure();
        for (int i = 0; i < 1000; ++i) REQUIRE_OK(crew.cache().set("added " + std::to_string(added++), "v"));
    }
    crew.finish();
}

TEST_CASE("verify() finds nothing wrong while others write") {
    SHOW_SEED();
    Crew crew(tight(4U << 20U));
    Options options;
    options.read_only = true;
    auto reader = opened(Cache::open(crew.path(), options));
    crew.start_all();
    for (std::uint64_t round = 0; round < iterations(30); ++round) {
        for (const Cache* cache : {&reader, &crew.cache()}) {
            const auto verification = cache->verify();
            REQUIRE_OK(verification);
            const char* handle = cache == &reader ? "read-only" : "writing";
            for (const auto& problem : verification->problems) FAIL_CHECK("round " << round << ", " << handle << ": " << problem);
        }
        crew.require_no_failure();
    }
    crew.finish();
}

TEST_CASE("flush() and clear() while others write") {
    SHOW_SEED();
    Crew crew(tight(4U << 20U));
    crew.start_all();
    for (std::uint64_t round = 0; round < iterations(50); ++round) {
        REQUIRE_OK(crew.cache().flush());
        if (round % 5 == 0) REQUIRE_OK(crew.cache().clear());
        crew.require_no_failure();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    crew.finish();
    CHECK(stats_of(crew.cache()).counters.flushes >= iterations(50));
}
