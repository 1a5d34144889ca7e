// A process forks while other threads of it open and close handles. LARDER_ITERATIONS: how many such processes.
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/journal.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

TEST_CASE("who is killed while it opens and closes handles and forks counts as dead though its children live") {
    if (kSanitized) return;  // their run-times do not bear forks among threads
    const TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    const Journal journal(directory.file("journal"));
    auto& orphans = journal.line(0).operations;
    const std::string path = directory.file("c");
    for (std::uint64_t round = 0; round < iterations(20); ++round) {
        const Journal lives(directory.file("lives " + std::to_string(round)));
        orphans = 0;
        ChildProcess parent([&]() -> int {
            std::vector<std::thread> openers;
            for (int i = 0; i < 3; ++i) {
                openers.emplace_back([&path] {
                    for (;;) (void)Cache::open(path);
                });
            }
            for (;;) {
                if (orphans >= 40) ::usleep(100);
                if (orphans >= 40 || ::fork() != 0) continue;
                ++orphans;
                ::prctl(PR_SET_PDEATHSIG, 0);
                ::alarm(100);
                while (lives.plan().stop == 0) ::usleep(1000);
                ::_exit(0);
            }
        });
        while (orphans < 40) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        parent.kill();
        // A child that was forked last has not run yet, and so not let go of anything; it will before it does what we ask it to.
        for (int i = 0; i < 20'000 && living(stats_of(cache)) > 1; ++i) ::usleep(1000);
        const std::size_t alive = living(stats_of(cache));
        lives.stop();
        REQUIRE(alive == 1);
    }
    std::cout << iterations(20) << " processes killed while they opened and forked, with 40 children each" << std::endl;
    require_clean(cache);
}
