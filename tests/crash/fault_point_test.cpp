// A process is killed at each fault point that an operation reaches. A survivor, attached all along, takes over what it held,
// finds each key as it was before or after, and goes on.
#include "engine/platform/fault_point.hpp"

#include "engine/platform/process.hpp"
#include "tests/crash/scene.hpp"
#include "tests/support/check.hpp"

#if defined(LARDER_FAULT_POINTS)

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <iostream>
#include <new>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

// How often each point was reached, in memory that a child shares with its parent.
struct Reached {
    struct Line {
        std::array<char, 56> name;
        std::uint64_t count;
    };
    std::array<Line, 64> lines;
    std::uint64_t used;
};

Reached* reached = nullptr;
const char* target = nullptr;
std::uint64_t reaches_left = 0;

void record(const char* name) {
    for (std::uint64_t i = 0; i < reached->used; ++i) {
        if (std::strcmp(reached->lines[i].name.data(), name) != 0) continue;
        ++reached->lines[i].count;
        return;
    }
    if (reached->used == reached->lines.size()) return;
    std::strncpy(reached->lines[reached->used].name.data(), name, 55);
    reached->lines[reached->used++].count = 1;
}

void die_there(const char* name) {
    if (std::strcmp(name, target) == 0 && --reaches_left == 0) (void)::kill(::getpid(), SIGKILL);
}

void aim(const std::string& name, std::uint64_t reach) {
    target = name.c_str();
    reaches_left = reach;
    platform::set_fault_hook(die_there);
}

struct Target {
    std::string name;
    std::uint64_t reach;
};

Reached& fresh_record() {
    if (reached == nullptr) {
        void* memory = ::mmap(nullptr, sizeof(Reached), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        REQUIRE(memory != MAP_FAILED);
        reached = new (memory) Reached;
    }
    *reached = Reached{};
    return *reached;
}

// The first few reaches of each point, the last one, and some between.
std::vector<Target> targets_of(const Reached& record, Random& random) {
    const std::uint64_t some = iterations(2);
    std::vector<Target> targets;
    for (std::uint64_t i = 0; i < record.used; ++i) {
        const std::uint64_t count = record.lines[i].count;
        std::set<std::uint64_t> reaches{1, count};
        for (std::uint64_t n = 0; n < some; ++n) reaches.insert(random.between(1, count));
        for (const std::uint64_t reach : reaches) targets.push_back({record.lines[i].name.data(), reach});
    }
    return targets;
}

void require_killed(pid_t child) {
    const int status = wait_for(child);
    INFO("wait status " << status);
    REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

// Records which points a child reaches that nobody kills.
void reach_all(Scene& scene, const std::function<void(Cache&)>& run) {
    fresh_record();
    scene.reset();
    const pid_t child = scene.fork_child([&](Cache& cache) {
        platform::set_fault_hook(record);
        run(cache);
        platform::set_fault_hook(nullptr);
    });
    REQUIRE(wait_for(child) == 0);
}

struct Totals {
    std::uint64_t kills = 0;
    std::set<std::string> points;
    std::chrono::nanoseconds longest{0};
};

// Kills a child at each of the points that `run` reaches.
void kill_everywhere(Scene& scene, Totals& totals, Random& random, const std::function<void(Cache&)>& run) {
    reach_all(scene, run);
    scene.check_survivor();
    for (const Target& each : targets_of(*reached, random)) {
        INFO("killed at " << each.name << ", reach " << each.reach << " of " << scene.operation().name);
        scene.reset();
        require_killed(scene.fork_child([&](Cache& cache) {
            aim(each.name, each.reach);
            run(cache);
        }));
        ++totals.kills;
        totals.points.insert(each.name);
        totals.longest = std::max(totals.longest, scene.check_survivor());
    }
}

void report(const Totals& totals) {
    std::cout << totals.kills << " kills at " << totals.points.size() << " fault points; the longest call of a survivor took "
              << std::chrono::duration_cast<std::chrono::microseconds>(totals.longest).count() << " us\n";
    CHECK(totals.kills > 0);
}

}  // namespace

TEST_CASE("killed at each fault point of each operation") {
    SHOW_SEED();
    Random random(seed());
    Totals totals;
    for (const Operation& each : operations()) {
        Scene scene(each);
        kill_everywhere(scene, totals, random, each.run);
    }
    report(totals);
}

TEST_CASE("killed while attaching and detaching") {
    SHOW_SEED();
    Random random(seed());
    Totals totals;
    Scene scene(operation("set"));
    kill_everywhere(scene, totals, random, [&scene](Cache& cache) {
        Options options = scene.options();
        auto another = Cache::open(scene.path(), options);
        if (!another.ok()) ::_exit(5);
        scene.operation().run(*another);
        (void)cache.close();
        if (!another->close().ok()) ::_exit(6);
    });
    report(totals);
}

TEST_CASE("the one who takes over is killed at each point of the repair") {
    SHOW_SEED();
    Random random(seed());
    Totals totals;
    for (const char* name : {"overwrite in fragments", "splits", "evictions", "clear"}) {
        Scene scene(operation(name));
        reach_all(scene, scene.operation().run);
        for (const Target& each : targets_of(*reached, random)) {
            for (const char* point : {"take_over.byte_held", "repair.begin", "repair.index_done", "repair.recounted"}) {
                INFO("killed at " << each.name << ", reach " << each.reach << " of " << name << ", then at " << point);
                scene.reset();
                const pid_t second = scene.fork_waiting([&](Cache& cache) {
                    aim(point, 1);
                    (void)cache.verify();
                });
                require_killed(scene.fork_child([&](Cache& cache) {
                    aim(each.name, each.reach);
                    scene.operation().run(cache);
                }));
                (void)::kill(second, SIGCONT);
                // Not every point is within a lock.
                const int status = wait_for(second);
                totals.kills += WIFSIGNALED(status) ? 1U : 0U;
                if (WIFSIGNALED(status)) totals.points.insert(point);
                totals.longest = std::max(totals.longest, scene.check_survivor());
            }
        }
    }
    report(totals);
    CHECK(totals.points.size() == 4);
}

// Runs `body` in a child that is killed at each point that it reaches; `check` is called after each kill.
void kill_alone(const std::function<void()>& before, const std::function<void()>& body, const std::function<void()>& check) {
    const auto in_child = [&](const std::function<void()>& prepare) {
        const pid_t child = ::fork();
        if (child != 0) return child;
        prepare();
        body();
        ::_exit(0);
    };
    Random random(seed());
    fresh_record();
    before();
    REQUIRE(wait_for(in_child([] { platform::set_fault_hook(record); })) == 0);
    check();
    const auto targets = targets_of(*reached, random);
    CHECK(targets.size() > 1);
    for (const Target& each : targets) {
        INFO("killed at " << each.name << ", reach " << each.reach);
        before();
        require_killed(in_child([&each] { aim(each.name, each.reach); }));
        check();
    }
    std::cout << targets.size() << " kills at " << reached->used << " fault points\n";
}

platform::BootId boot_number(std::uint8_t number) {
    platform::BootId id{};
    id.fill(number);
    return id;
}

TEST_CASE("killed while creating: a whole file or none") {
    SHOW_SEED();
    const Operation& chosen = operation("set");
    TemporaryDirectory directory;
    const std::string path = directory.file("new");
    kill_alone([&] { (void)::unlink(path.c_str()); }, [&] { (void)Cache::create(path, chosen.options); },
               [&] {
                   auto cache = opened(Cache::open_or_create(path, chosen.options));
                   REQUIRE_OK(cache.set("key", "value"));
                   require_clean(cache);
                   REQUIRE(count_files(directory.path()) == 1);
               });
}

TEST_CASE("killed while recovering: the next one recovers") {
    SHOW_SEED();
    TemporaryDirectory directory;
    const std::string path = directory.file("cache");
    const Operation& chosen = operation("evictions");
    std::map<std::string, std::string> contents;
    {
        auto cache = opened(Cache::create(path, chosen.options));
        contents = chosen.prepare(cache);
    }
    const Snapshot prepared = Snapshot::take(path);
    const auto recover = [&](std::uint8_t boot) {
        platform::set_boot_id_for_tests(boot_number(boot));
        return Cache::open(path, chosen.options);
    };
    kill_alone([&] { write_torn(path, {&prepared}, [](std::uint64_t, unsigned) { return std::size_t{0}; }); },
               [&] { (void)recover(7); },
               [&] {
                   auto cache = opened(recover(7));
                   for (const auto& [key, value] : contents) REQUIRE((answer_of(cache, key) == value));
                   REQUIRE(stats_of(cache).recoveries == 1);
                   require_clean(cache);
               });
}

#endif
