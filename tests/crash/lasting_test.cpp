// Many are killed in one cache, one after the other: nothing that they held is lost for good. LARDER_ITERATIONS: how many.
#include "tests/crash/scene.hpp"
#include "tests/support/check.hpp"
#include "tests/support/sizes.hpp"

#include <algorithm>
#include <iostream>

using namespace larder;
using namespace larder::tests;

namespace {

// Pages that a killed process allocated and had not counted in yet: the next one to need them finds them there.
constexpr std::uint64_t kUncounted = 64U << 10U;

// One call of each kind that takes or gives space, in random order.
void work(Cache& cache, std::uint64_t start) {
    Random random(start);
    for (int i = 0; i < 60; ++i) {
        const std::string key = "k" + std::to_string(random.below(3000));
        const std::uint64_t kind = random.below(40);
        if (kind == 0) {
            (void)cache.resize(random.between(kMiB, 2 * kMiB));
        } else if (kind == 1) {
            (void)cache.set("large " + std::to_string(random.below(5)), std::string(60'000, 'l'));
        } else if (kind < 10) {
            (void)cache.remove(key);
        } else {
            (void)cache.set(key, value_for(key, random.skewed(2000)));
        }
    }
}

// How many records of one size a cache of 1 MiB holds at last.
std::uint64_t fill_cache(Cache& cache) {
    REQUIRE_OK(cache.resize(kMiB));
    std::string wrong;
    for (int i = 0; i < 6000; ++i) {
        const Status status = cache.set("fill " + std::to_string(i), std::string(300, 'f'));
        if (!status.ok()) wrong = status.message();
    }
    REQUIRE(wrong == "");
    return stats_of(cache).records;
}

void require_space_adds_up(const Cache& cache, const std::string& path) {
    const Stats stats = stats_of(cache);
    REQUIRE(stats.segment_bytes == std::uint64_t{stats.segments} * stats.segment_size);
    REQUIRE(stats.committed_bytes == stats.fixed_bytes + stats.index_bytes + stats.segment_bytes);
    REQUIRE(allocated_bytes(path) <= stats.committed_bytes + kUncounted);
}

}  // namespace

TEST_CASE("space that killed processes held is found again") {
    if (!kTraceable) return;
    SHOW_SEED();
    Random random(seed());
    Scene scene(operation("evictions"));
    scene.reset();
    const std::uint64_t before = fill_cache(scene.survivor());
    const std::uint64_t kills = iterations(60);
    for (std::uint64_t i = 0; i < kills; ++i) {
        const std::uint64_t start = random.next();
        const std::uint64_t calls = random.between(1, 400);
        const std::uint64_t steps = random.below(300);
        INFO("kill " << i << ": " << steps << " steps after call " << calls << " from " << start);
        {
            TracedChild child(scene.with_handle([start](Cache& cache) { work(cache, start); }));
            child.run(calls);
            child.step(steps);
        }
        for (int key = 0; key < 16; ++key) REQUIRE_OK(scene.survivor().set("probe " + std::to_string(key), "value"));
        require_clean(scene.survivor());
        require_space_adds_up(scene.survivor(), scene.path());
    }
    REQUIRE_OK(scene.survivor().clear());
    const std::uint64_t after = fill_cache(scene.survivor());
    std::cout << kills << " kills in one cache; it held " << before << " records before, and holds " << after << std::endl;
    CHECK(after * 100 >= before * 95);
    require_space_adds_up(scene.survivor(), scene.path());
}
