// Workers killed, or stopped for a while, wherever they are. Old values or new ones, no wrong one, no hang, nothing broken.
// LARDER_STORM_MS: how long each storm lasts.
#include "tests/processes/crew.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <grp.h>
#include <sched.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds storm_length(std::uint64_t otherwise) {
    return std::chrono::milliseconds(environment_number("LARDER_STORM_MS", otherwise));
}

/// Kills a worker every 20 ms and starts another in its place; returns how many were killed.
std::uint64_t rage(Crew& crew, std::chrono::milliseconds length) {
    Random random(seed());
    std::uint64_t kills = 0;
    const auto end = Clock::now() + length;
    while (Clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random.between(1, 39)));
        const auto number = static_cast<std::uint32_t>(random.below(crew.size()));
        crew.require_no_failure();
        const Ending ending = crew.worker(number).kill();
        INFO("the killed worker " << ending.message());
        REQUIRE(ending.signal == SIGKILL);
        ++kills;
        crew.start(number);
    }
    return kills;
}

// Kills workers and a reader's peers for a while, then lets the rest finish.
void storm(const CrewOptions& options, std::uint64_t milliseconds) {
    Crew crew(options);
    crew.start_all();
    crew.start_reader();
    const auto kills = rage(crew, storm_length(milliseconds));
    crew.finish(kills);
    CHECK(kills > 0);
    CHECK(crew.operations() > 0);
}

CrewOptions stormy(std::uint64_t capacity, std::uint32_t shards) {
    CrewOptions options;
    options.cache.capacity = capacity;
    options.cache.reservation = 4 * capacity;
    options.cache.shards = shards;
    options.evicting = true;
    return options;
}

constexpr unsigned kGroup = 54'320;

bool may_make_namespaces() {
    return ChildProcess([] { return ::unshare(CLONE_NEWPID); }).wait().good();
}

bool may_become_others() {
    return ChildProcess([] {
               const bool can = ::setgroups(0, nullptr) == 0 && ::setgid(kGroup) == 0 && ::setuid(kGroup) == 0;
               return can && ::access(LARDER_PROGRAM_DIR "/mixed_worker_program", X_OK) == 0 ? 0 : 1;
           })
        .wait()
        .good();
}

}  // namespace

TEST_CASE("a storm of kills in a cache with room for all: nothing is lost but what was being changed") {
    SHOW_SEED();
    CrewOptions options;
    options.cache.capacity = 256U << 20U;
    options.workers = 8;
    options.restless = true;
    storm(options, 1500);
}

TEST_CASE("a storm of kills in the middle of evictions") {
    SHOW_SEED();
    CrewOptions options = stormy(2U << 20U, 2);
    options.workers = 8;
    options.restless = true;
    storm(options, 2000);
}

TEST_CASE("a storm of kills with one lock between all") {
    SHOW_SEED();
    storm(stormy(8U << 20U, 1), 1000);
}

TEST_CASE("a storm of kills among processes of different PID namespaces") {
    SHOW_SEED();
    if (!may_make_namespaces()) {
        WARN("skipped: this user may not make PID namespaces");
        return;
    }
    CrewOptions options = stormy(2U << 20U, 1);
    options.surroundings = {{}, {.own_pid_namespace = true}, {.own_pid_namespace = true}};
    options.restless = true;
    storm(options, 1000);
}

TEST_CASE("a storm of kills among processes of different users, of one group") {
    SHOW_SEED();
    if (!may_become_others()) {
        WARN("skipped: only the superuser can start processes of other users, and they must be able to reach the programs");
        return;
    }
    CrewOptions options = stormy(2U << 20U, 1);
    options.cache.file_mode = 0660;
    options.surroundings = {{.user = 54'321, .group = kGroup}, {.user = 54'322, .group = kGroup}};
    options.restless = true;
    storm(options, 1000);
}

// By hand: LARDER_OTHER_ROOT is the root of another distribution, in which this one's directories of programs and of temporary
// files are mounted in the same places.
TEST_CASE("a storm of kills among processes of two C libraries", "[.other_root]") {
    SHOW_SEED();
    const char* root = std::getenv("LARDER_OTHER_ROOT");
    REQUIRE(root != nullptr);
    CrewOptions options = stormy(2U << 20U, 1);
    options.surroundings = {{}, {.root = root}};
    options.restless = true;
    storm(options, 1000);
}

TEST_CASE("a storm of kills while the capacity changes") {
    SHOW_SEED();
    CrewOptions options;
    options.cache.capacity = 1U << 20U;
    options.cache.reservation = 32U << 20U;
    options.evicting = true;
    Crew crew(options);
    crew.start_all();
    Random random(seed());
    std::uint64_t kills = 0;
    const auto end = Clock::now() + storm_length(1500);
    while (Clock::now() < end) {
        const std::string path = crew.path();
        const auto capacity = random.between(1U << 20U, 32U << 20U);
        ChildProcess resizer([&] {
            auto cache = Cache::open(path);
            const Status status = cache.ok() ? cache->resize(capacity) : cache.status();
            if (!status.ok())
                std::fprintf(stderr, "to %llu: %s\n", static_cast<unsigned long long>(capacity), status.message().c_str());
            return status.ok() ? 0 : 1;
        });
        std::this_thread::sleep_for(std::chrono::microseconds(random.below(30'000)));
        const Ending ending = resizer.kill();
        INFO("the resizing process " << ending.message());
        REQUIRE((ending.signal == SIGKILL || ending.code == 0));
        ++kills;
        crew.require_no_failure();
    }
    REQUIRE_OK(crew.cache().resize(1U << 20U));
    crew.finish(kills);
    CHECK(allocated_bytes(crew.path()) <= (1U << 20U) + (256U << 10U));
}

TEST_CASE("workers stopped wherever they are: others go on or say busy, and all is right after") {
    SHOW_SEED();
    CrewOptions options;
    options.cache.capacity = 4U << 20U;
    options.cache.shards = 2;
    options.evicting = true;
    options.may_be_busy = true;
    Crew crew(options);
    crew.start_all();
    crew.start_reader();
    Random random(seed());
    const auto end = Clock::now() + storm_length(1500);
    while (Clock::now() < end) {
        auto& worker = crew.worker(random.below(crew.size()));
        worker.send(SIGSTOP);
        const auto before = crew.journal().line(4).operations.load();
        std::this_thread::sleep_for(std::chrono::milliseconds(random.between(1, 150)));
        // Readers are never blocked, whatever a stopped process holds.
        while (crew.journal().line(4).operations.load() == before) {
            crew.require_no_failure();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        worker.send(SIGCONT);
        crew.require_no_failure();
    }
    crew.finish();
}

TEST_CASE("when all workers are killed at once, the next one finds a sound cache") {
    SHOW_SEED();
    CrewOptions options;
    options.cache.capacity = 64U << 20U;
    options.cache.shards = 1;
    options.workers = 8;
    options.evicting = true;
    Crew crew(options);
    for (std::uint64_t round = 0; round < iterations(8); ++round) {
        crew.start_all();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        for (std::size_t i = 0; i < crew.size(); ++i) crew.worker(i).send(SIGSTOP);
        for (std::size_t i = 0; i < crew.size(); ++i) {
            const Ending ending = crew.worker(i).kill();
            INFO("the killed worker " << ending.message());
            REQUIRE(ending.signal == SIGKILL);
        }
        REQUIRE_OK(crew.cache().set("after", std::to_string(round)));
        require_clean(crew.cache());
    }
    crew.start_all();
    crew.finish(iterations(8) * crew.size());
}
