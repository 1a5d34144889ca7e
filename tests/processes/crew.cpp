#include "tests/processes/crew.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace larder::tests {

Crew::Crew(const CrewOptions& options) : options_(options), workers_(options.workers) {
    options_.cache.timeout = std::chrono::seconds(20);
    cache_ = opened(Cache::create(path_, options_.cache));
    REQUIRE_OK(Worker::prepare(cache_));
    const unsigned group = options_.surroundings.front().group;
    if (group == 0) return;
    for (const std::string& each : {directory_.path(), path_, directory_.file("journal")}) {
        REQUIRE(::chown(each.c_str(), static_cast<uid_t>(-1), group) == 0);
        REQUIRE(::chmod(each.c_str(), each == directory_.path() ? 0770 : 0660) == 0);
    }
}

std::uint64_t Crew::operations() const {
    std::uint64_t sum = 0;
    for (std::uint32_t number = 0; number < kMostWorkers; ++number) sum += journal_.line(number).operations.load();
    return sum;
}

ChildProcess Crew::make(std::uint32_t number, bool read_only) {
    return ChildProcess(
        "mixed_worker_program",
        {path_, directory_.file("journal"), std::to_string(number), std::to_string(seed()), std::to_string(options_.operations),
         options_.evicting ? "evicting" : "complete", read_only ? "reads" : "writes",
         options_.may_be_busy ? "busy" : "never-busy", options_.restless ? "restless" : "settled"},
        options_.surroundings[number % options_.surroundings.size()]);
}

void Crew::start(std::uint32_t number) { workers_.at(number) = make(number, false); }

void Crew::start_all() {
    for (std::uint32_t number = 0; number < options_.workers; ++number) start(number);
}

void Crew::start_reader() { readers_.push_back(make(static_cast<std::uint32_t>(options_.workers + readers_.size()), true)); }

void Crew::require_no_failure() {
    for (auto* group : {&workers_, &readers_}) {
        for (auto& worker : *group) {
            siginfo_t information{};
            if (!worker.running()) continue;
            ::waitid(P_PID, static_cast<id_t>(worker.id()), &information, WEXITED | WNOHANG | WNOWAIT);
            if (information.si_pid == 0) continue;
            const Ending ending = worker.wait();
            INFO("a worker " << ending.message());
            REQUIRE(ending.good());
        }
    }
}

void Crew::report(std::uint64_t kills) const {
    std::uint64_t longest = 0;
    for (std::uint32_t number = 0; number < kMostWorkers; ++number)
        longest = std::max(longest, journal_.line(number).longest_ns.load());
    std::cout << kills << " kills, " << operations() << " operations, none wrong; the longest took " << longest / 1'000'000
              << " ms" << std::endl;
}

// Children of killed workers live a little longer than these.
void Crew::await_orphans() const {
    for (int i = 0; i < 5000 && living(stats_of(cache_)) > 1; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void Crew::finish(std::uint64_t kills) {
    if (options_.operations == 0) journal_.stop();
    for (auto& worker : workers_) {
        const Ending ending = worker.wait();
        INFO("a worker " << ending.message());
        CHECK(ending.good());
    }
    journal_.stop();
    for (auto& reader : readers_) {
        const Ending ending = reader.wait();
        INFO("a reader " << ending.message());
        CHECK(ending.good());
    }
    std::string problem;
    try {
        Worker::check_end(cache_, journal_, options_.workers, options_.evicting);
    } catch (const WrongAnswer& error) {
        problem = error.what();
    }
    CHECK(problem.empty());
    if (kills != 0) report(kills);
    await_orphans();
    const Stats stats = stats_of(cache_);
    if (kills == 0) require_accounts_balance(stats);
    if (kills == 0) CHECK(stats.counters.take_overs == 0);
    if (!options_.evicting) CHECK(stats.counters.evictions == 0);
    CHECK(living(stats) == 1);
    require_clean(cache_);
}

}  // namespace larder::tests
