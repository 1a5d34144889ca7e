// A process that works on a cache:
// CACHE JOURNAL NUMBER SEED OPERATIONS evicting|complete reads|writes busy|never-busy restless|settled
#include "tests/support/worker.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace larder;
using namespace larder::tests;

Options opening_options(const WorkerOptions& worker) {
    Options options;
    options.read_only = worker.read_only;
    options.timeout = worker.may_be_busy ? std::chrono::milliseconds(50) : std::chrono::seconds(20);
    const ReadCheck checks[]{ReadCheck::always, ReadCheck::never};
    options.read_check = checks[worker.number % 2];
    return options;
}

void require(const Status& status, const char* call) {
    if (!status.ok()) throw WrongAnswer(std::string(call) + ": " + status.message());
}

// What a forked child does with its parent's handle.
int use_in_child(Cache& cache, const WorkerOptions& options) {
    const bool evicting = options.evicting;
    const std::string key = "child " + std::to_string(options.number) + "/" + std::to_string(::getpid());
    for (int i = 0; i < 20; ++i) {
        const std::string value = key + "/" + std::to_string(i);
        if (!cache.set(key, value).ok()) return 1;
        const auto found = cache.get(key);
        if (found.ok() ? *found != value : !evicting || found.code() != Code::not_found) return 2;
    }
    const Code removed = cache.remove(key).code();
    return removed == Code::ok || (evicting && removed == Code::not_found) ? 0 : 3;
}

void work_in_child(Cache& cache, const WorkerOptions& options) {
    const pid_t child = ::fork();
    if (child < 0) throw WrongAnswer("cannot fork");
    if (child == 0) ::_exit(use_in_child(cache, options));
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0)
        throw WrongAnswer("a forked child ended with status " + std::to_string(status));
}

// Between stretches of work: what a process may do with a handle but use it.
void move_about(Cache& cache, const std::string& path, const WorkerOptions& options, Random& random) {
    const std::uint64_t choice = random.below(options.evicting ? 4 : 3);
    if (choice == 0) {
        require(cache.close(), "close");
        auto again = Cache::open(path, opening_options(options));
        require(again.status(), "open");
        cache = std::move(*again);
    } else if (choice == 1) {
        work_in_child(cache, options);
    } else if (choice == 2) {
        require(Cache::open(path, opening_options(options)).status(), "open another handle");
    } else {
        require(cache.resize(random.between(1U << 20U, 4U << 20U)), "resize");
    }
}

void be_restless(Worker& worker, Cache& cache, const Journal& journal, const std::string& path, const WorkerOptions& options) {
    Random random(mix(options.seed + static_cast<std::uint64_t>(::getpid())));
    while (journal.plan().stop.load() == 0) {
        worker.run(random.between(1, 300));
        move_about(cache, path, options, random);
    }
}

int work(char** arguments) {
    WorkerOptions options;
    options.number = static_cast<std::uint32_t>(std::strtoul(arguments[3], nullptr, 10));
    options.seed = std::strtoull(arguments[4], nullptr, 10) + options.number;
    const auto operations = std::strtoull(arguments[5], nullptr, 10);
    options.evicting = std::string_view(arguments[6]) == "evicting";
    // So many that the smallest cache cannot hold them all.
    if (options.evicting) options.shared_keys *= 4;
    options.read_only = std::string_view(arguments[7]) == "reads";
    options.may_be_busy = std::string_view(arguments[8]) == "busy";
    auto cache = Cache::open(arguments[1], opening_options(options));
    require(cache.status(), "open");
    const Journal journal(arguments[2]);
    Worker worker(*cache, journal, options);
    if (std::string_view(arguments[9]) == "restless" && !options.read_only)
        be_restless(worker, *cache, journal, arguments[1], options);
    else
        worker.run(options.read_only ? 0 : operations);
    require(cache->close(), "close");
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 10) return 2;
    try {
        return work(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
