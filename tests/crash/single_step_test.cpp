// A process is killed after any number of its instructions, by ptrace: a survivor, attached all along, finds each key old or new,
// nothing wrong, and goes on. LARDER_ITERATIONS: kills in each operation; LARDER_OPERATION: only that one;
// LARDER_STRIDE: not each instruction, but each such.
#include "tests/crash/attack.hpp"
#include "tests/support/check.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>

#include <sys/wait.h>

using namespace larder;
using namespace larder::tests;

namespace {

std::uint64_t count_calls(const Attack& attack) {
    attack.before();
    TracedChild child(attack.deed);
    attack.between();
    return child.run(UINT64_MAX);
}

// At most `most`.
std::uint64_t count_instructions(const Attack& attack, std::uint64_t most) {
    attack.before();
    TracedChild child(attack.deed);
    attack.between();
    return child.step(most);
}

struct Place {
    std::uint64_t calls = 0;
    std::uint64_t steps = 0;
};

// As far as a common set goes from the call of one such function to that of the next.
constexpr std::uint64_t kNear = 600;

// Most of what matters is near the call of a function that changes something. Long deeds repeat themselves.
Place choose(std::uint64_t calls, Random& random) {
    return {random.below(std::min<std::uint64_t>(calls, 1000) + 1), random.between(1, random.chance(80) ? kNear : 1500)};
}

std::chrono::nanoseconds kill_at_step(const Attack& attack, const Place& place) {
    INFO("LARDER_OPERATION='" << attack.name << "': killed " << place.steps << " steps after call " << place.calls);
    attack.before();
    TracedChild child(attack.deed);
    attack.between();
    child.run(place.calls);
    child.step(place.steps);
    child.kill();
    return attack.check();
}

void report_steps(std::uint64_t kills, std::chrono::nanoseconds longest) {
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
        const std::uint64_t calls = count_calls(attack);
        for (std::uint64_t i = 0; i < iterations(8); ++i, ++kills)
            longest = std::max(longest, kill_at_step(attack, choose(calls, random)));
    });
    report_steps(kills, longest);
    CHECK(kills > 0);
}

TEST_CASE("killed after each instruction of a short operation", "[.long]") {
    std::uint64_t kills = 0;
    std::chrono::nanoseconds longest{0};
    for_each_attack([&](const Attack& attack) {
        constexpr std::uint64_t kShort = 12'000;
        const std::uint64_t all = count_instructions(attack, kShort);
        if (all == kShort) return;
        const std::uint64_t stride = environment_number("LARDER_STRIDE", 1);
        for (std::uint64_t steps = 1; steps <= all; steps += stride, ++kills)
            longest = std::max(longest, kill_at_step(attack, {0, steps}));
        std::cout << attack.name << ": " << all << " instructions" << std::endl;
    });
    report_steps(kills, longest);
}
