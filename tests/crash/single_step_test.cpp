// A process is killed after any number of its instructions, by ptrace: a survivor, attached all along, finds each key old or new,
// nothing wrong, and goes on. LARDER_ITERATIONS: kills in each operation; LARDER_OPERATION: only that one.
#include "tests/crash/attack.hpp"
#include "tests/support/check.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>

#include <sys/wait.h>

using namespace larder;
using namespace larder::tests;

namespace {

// Deeds of fewer instructions are stepped through from their beginning.
constexpr std::uint64_t kShort = 12'000;

struct Length {
    std::uint64_t calls = 0;
    std::uint64_t instructions = kShort;
};

Length measure(const Attack& attack) {
    Length length;
    attack.before();
    TracedChild calls(attack.deed);
    attack.between();
    length.calls = calls.run(UINT64_MAX);
    calls.kill();
    attack.before();
    TracedChild steps(attack.deed);
    attack.between();
    length.instructions = steps.step(kShort);
    return length;
}

struct Place {
    std::uint64_t calls = 0;
    std::uint64_t steps = 0;
};

// Most of what matters is near the call of a function that changes something.
Place choose(const Length& length, Random& random) {
    if (length.instructions < kShort) return {0, random.between(1, length.instructions)};
    return {random.below(length.calls + 1), random.between(1, random.chance(70) ? 300 : 3000)};
}

std::chrono::nanoseconds kill_at(const Attack& attack, const Place& place) {
    INFO("LARDER_OPERATION='" << attack.name << "': killed " << place.steps << " steps after call " << place.calls);
    attack.before();
    TracedChild child(attack.deed);
    attack.between();
    child.run(place.calls);
    child.step(place.steps);
    child.kill();
    return attack.check();
}

void report(std::uint64_t kills, std::chrono::nanoseconds longest) {
    std::cout << kills << " kills between two instructions; the longest call of a survivor took "
              << std::chrono::duration_cast<std::chrono::microseconds>(longest).count() << " us" << std::endl;
}

}  // namespace

TEST_CASE("killed after any number of instructions") {
    if (!kTraceable) return;
    SHOW_SEED();
    std::uint64_t kills = 0;
    std::chrono::nanoseconds longest{0};
    for_each_attack([&](const Attack& attack) {
        Random random(mix(seed() + attack.name.size()));
        const Length length = measure(attack);
        for (std::uint64_t i = 0; i < iterations(8); ++i, ++kills)
            longest = std::max(longest, kill_at(attack, choose(length, random)));
    });
    report(kills, longest);
    CHECK(kills > 0);
}

TEST_CASE("killed after each instruction of a short operation", "[.long]") {
    std::uint64_t kills = 0;
    std::chrono::nanoseconds longest{0};
    for_each_attack([&](const Attack& attack) {
        const Length length = measure(attack);
        if (length.instructions == kShort) return;
        const std::uint64_t stride = environment_number("LARDER_STRIDE", 1);
        for (std::uint64_t steps = 1; steps <= length.instructions; steps += stride, ++kills)
            longest = std::max(longest, kill_at(attack, {0, steps}));
        std::cout << attack.name << ": " << length.instructions << " instructions" << std::endl;
    });
    report(kills, longest);
}
