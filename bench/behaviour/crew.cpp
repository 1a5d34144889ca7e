#include "behaviour/crew.hpp"

#include "compare/ticks.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <thread>

namespace larder::bench {

namespace {

constexpr std::uint64_t kStartDelay = 50'000'000;  // until all processes have opened the cache

double timed(const Work& work, Cache& cache, unsigned worker, std::uint64_t start_ns, double seconds) {
    wait_until_ns(start_ns);
    const std::uint64_t begun = monotonic_ns();
    const std::uint64_t done = work(cache, worker, begun + static_cast<std::uint64_t>(seconds * 1e9));
    return static_cast<double>(done) * 1e9 / static_cast<double>(monotonic_ns() - begun);
}

std::vector<double> run_threads(const std::string& path, const std::vector<Work>& workers, double seconds) {
    Cache cache = open_cache(path);
    std::vector<double> rates(workers.size());
    std::vector<std::thread> threads;
    const std::uint64_t start = monotonic_ns() + kStartDelay;
    for (unsigned i = 0; i < workers.size(); ++i) {
        threads.emplace_back([&, i] { rates[i] = timed(workers[i], cache, i, start, seconds); });
    }
    for (std::thread& thread : threads) thread.join();
    return rates;
}

[[noreturn]] void be_worker(const std::string& path, const Work& work, unsigned worker, std::uint64_t start, double seconds,
                            double& rate) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    {
        Cache cache = open_cache(path);
        rate = timed(work, cache, worker, start, seconds);
    }
    _exit(0);
}

std::vector<double> run_processes(const std::string& path, const std::vector<Work>& workers, double seconds) {
    const std::size_t bytes = workers.size() * sizeof(double);
    void* shared = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) require(Status(Code::io_error, "mmap failed"));
    auto* rates = static_cast<double*>(shared);
    const std::uint64_t start = monotonic_ns() + kStartDelay;
    std::vector<pid_t> children;
    for (unsigned i = 0; i < workers.size(); ++i) {
        const pid_t child = fork();
        if (child == 0) be_worker(path, workers[i], i, start, seconds, rates[i]);
        children.push_back(child);
    }
    bool all_well = true;
    for (const pid_t child : children) {
        int status = 0;
        all_well = waitpid(child, &status, 0) == child && status == 0 && all_well;
    }
    const std::vector<double> result(rates, rates + workers.size());
    munmap(shared, bytes);
    if (!all_well) require(Status(Code::io_error, "a worker process failed"));
    return result;
}

}  // namespace

void require(const Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "%s\n", status.message().c_str());
    std::exit(1);
}

ScratchFile::ScratchFile(const std::string& directory, const std::string& name)
    : path_(directory + "/larder-" + name + "-" + std::to_string(getpid())) {
    unlink(path_.c_str());
}

ScratchFile::~ScratchFile() { unlink(path_.c_str()); }

Options roomy(std::uint64_t records, std::uint64_t value_size) {
    Options options;
    options.capacity = records * (value_size + 64U) * 5 / 4 + (std::uint64_t{16} << 20U);
    options.flush_on_close = false;
    return options;
}

Cache create_cache(const std::string& path, const Options& options) {
    auto made = Cache::create(path, options);
    require(made.status());
    return std::move(*made);
}

Cache open_cache(const std::string& path) {
    Options options;
    options.flush_on_close = false;
    auto opened = Cache::open(path, options);
    require(opened.status());
    return std::move(*opened);
}

std::vector<double> run_crew(const std::string& path, Crew crew, const std::vector<Work>& workers, double seconds) {
    return crew == Crew::threads ? run_threads(path, workers, seconds) : run_processes(path, workers, seconds);
}

double sum(const std::vector<double>& rates) { return std::accumulate(rates.begin(), rates.end(), 0.0); }

}  // namespace larder::bench
