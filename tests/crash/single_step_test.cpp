// A process is killed after any number of its instructions, by single steps of ptrace, in the middle of an operation.
#include "tests/crash/scene.hpp"
#include "tests/support/check.hpp"

#include <csignal>
#include <iostream>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kTraceable = false;  // the sanitizers' own start-up does not bear being traced
#else
constexpr bool kTraceable = true;
#endif

// A child that is stopped right before the operation and would stop again right after it.
pid_t trace_child(const Scene& scene) {
    const pid_t child = scene.fork_child([&scene](Cache& cache) {
        // The first call of an operation binds functions and touches memory; that is not what is to be stepped through.
        (void)cache.get("k1");
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(8);
        (void)::raise(SIGSTOP);
        scene.operation().run(cache);
        (void)::raise(SIGSTOP);
    });
    const int status = wait_for(child, true);
    REQUIRE(WIFSTOPPED(status));
    REQUIRE(WSTOPSIG(status) == SIGSTOP);
    return child;
}

/// Steps at most so often; how often until the operation was over, or all steps were made. Then kills the child.
std::uint64_t step_and_kill(pid_t child, std::uint64_t steps) {
    std::uint64_t made = 0;
    bool over = false;
    for (; made < steps && !over; ++made) {
        REQUIRE(::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0);
        const int status = wait_for(child, true);
        INFO("wait status " << status);
        REQUIRE(WIFSTOPPED(status));
        over = WSTOPSIG(status) == SIGSTOP;
    }
    (void)::kill(child, SIGKILL);
    (void)wait_for(child);
    return made;
}

}  // namespace

TEST_CASE("killed after any number of instructions") {
    if (!kTraceable) return;
    SHOW_SEED();
    Random random(seed());
    std::uint64_t kills = 0;
    std::chrono::nanoseconds longest{0};
    for (const char* name : {"set", "overwrite", "remove", "increment", "append", "overwrite in fragments"}) {
        Scene scene(operation(name));
        scene.reset();
        const std::uint64_t all = step_and_kill(trace_child(scene), 200'000);
        INFO(name << " takes " << all << " instructions");
        REQUIRE(all > 100);
        for (std::uint64_t i = 0; i < iterations(25); ++i) {
            const std::uint64_t steps = random.between(1, all);
            INFO("killed after " << steps << " steps of " << name);
            scene.reset();
            (void)step_and_kill(trace_child(scene), steps);
            ++kills;
            longest = std::max(longest, scene.check_survivor());
        }
    }
    std::cout << kills << " kills between two instructions; the longest call of a survivor took "
              << std::chrono::duration_cast<std::chrono::microseconds>(longest).count() << " us\n";
}

TEST_CASE("killed after each instruction of an overwrite", "[.long]") {
    SHOW_SEED();
    Scene scene(operation("overwrite"));
    scene.reset();
    const std::uint64_t all = step_and_kill(trace_child(scene), 200'000);
    for (std::uint64_t steps = 1; steps <= all; ++steps) {
        INFO("killed after " << steps << " steps of " << all);
        scene.reset();
        (void)step_and_kill(trace_child(scene), steps);
        scene.check_survivor();
    }
    std::cout << all << " kills, one for each instruction\n";
}
