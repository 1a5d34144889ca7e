// Not a test: prints what overwriting costs by how much of the cache is live. test_model "[.measure]"
#include "tests/model/load.hpp"
#include "tests/support/check.hpp"

using namespace larder;
using namespace larder::tests;

TEST_CASE("prints what overwriting costs", "[.measure]") {
    std::string table = "live %   moved a set   evictions a set   missing %\n";
    for (std::uint64_t percent = 50; percent <= 95; percent += 5) {
        Options options;
        options.capacity = options.reservation = std::uint64_t{8} << 20U;
        Load load(options, {500, 1500});
        const std::uint64_t keys = load.keys_for(load.room_for_records() * percent / 100);
        for (std::uint64_t key = 0; key < keys; ++key) load.set(key);
        const Counters before = stats_of(load.cache()).counters;
        for (std::uint64_t i = 0; i < 50 * keys; ++i) load.set(load.random().below(keys));
        const Counters after = stats_of(load.cache()).counters;
        const auto sets = static_cast<double>(after.sets - before.sets);
        table += std::to_string(percent) + "   " + std::to_string(static_cast<double>(after.moved - before.moved) / sets) +
                 "   " + std::to_string(static_cast<double>(after.evictions - before.evictions) / sets) + "   " +
                 std::to_string(100.0 * static_cast<double>(load.missing(0, keys)) / static_cast<double>(keys)) + "\n";
    }
    WARN(table);
}
