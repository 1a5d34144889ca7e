// A process is killed at each fault point that it reaches. A survivor, attached all along, takes over what it held, finds each
// key as it was before or after, and goes on.
#include "engine/platform/fault_point.hpp"

#include "tests/crash/attack.hpp"
#include "tests/support/check.hpp"

#if defined(LARDER_FAULT_POINTS)

#include "tests/crash/reached.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <set>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

std::string kill_point;
std::uint64_t reaches_left = 0;

void die_there(const char* name) {
    if (kill_point == name && --reaches_left == 0) (void)::kill(::getpid(), SIGKILL);
}

struct Target {
    std::string name;
    std::uint64_t reach;
};

// The first few reaches of each point, the last one, and some between.
std::vector<Target> targets_of(const std::vector<ReachedPoint>& points, Random& random) {
    const std::uint64_t some = iterations(1);
    std::vector<Target> targets;
    for (const ReachedPoint& point : points) {
        std::set<std::uint64_t> reaches{1, point.count};
        for (std::uint64_t n = 0; n < some; ++n) reaches.insert(random.between(1, point.count));
        for (const std::uint64_t reach : reaches) targets.push_back({point.name, reach});
    }
    return targets;
}

struct Totals {
    std::uint64_t kills = 0;
    std::set<std::string> points;
    std::chrono::nanoseconds longest{0};
};

// What an attack reaches may differ from run to run where another was killed before: then nobody is killed.
void kill_at(const Attack& attack, const Target& each, Totals& totals) {
    INFO("LARDER_OPERATION='" << attack.name << "': killed at " << each.name << ", reach " << each.reach);
    attack.before();
    const pid_t child = fork_stopped(attack.deed, [&each] {
        kill_point = each.name;
        reaches_left = each.reach;
        platform::set_fault_hook(die_there);
    });
    attack.between();
    (void)::kill(child, SIGCONT);
    const int status = wait_for(child);
    INFO("wait status " << status);
    REQUIRE((status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)));
    totals.kills += status == 0 ? 0 : 1;
    totals.points.insert(each.name);
    totals.longest = std::max(totals.longest, attack.check());
}

}  // namespace

TEST_CASE("killed at each fault point") {
    SHOW_SEED();
    Random random(seed());
    Totals totals;
    for_each_attack([&](const Attack& attack) {
        for (const Target& each : targets_of(points_reached(attack), random)) kill_at(attack, each, totals);
    });
    std::cout << totals.kills << " kills at " << totals.points.size() << " fault points; the longest call of a survivor took "
              << std::chrono::duration_cast<std::chrono::microseconds>(totals.longest).count() << " us" << std::endl;
    CHECK(totals.kills > 0);
    if (!kTraceable) return;
    for (const char* point : {"take_over.byte_held", "repair.begin", "repair.index_done", "repair.recounted", "split.published",
                              "merge.published", "transfer.taken", "overflow.copied", "recover.shards_done", "mend.directory",
                              "mend.taken_back", "mend.brought_home", "mend.recounted"}) {
        INFO(point);
        CHECK(totals.points.count(point) == 1);
    }
}

#endif
