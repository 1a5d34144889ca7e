// The same by processes, each of which has opened the cache on its own.
#include "compare/ticks.hpp"
#include "micro/fixture.hpp"

#include <benchmark/benchmark.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>

namespace larder::bench {

namespace {

constexpr std::uint64_t kTurn = 100'000;  // operations a process and a turn

enum Operation : std::int64_t { get = 0, mixed = 1, overwrite = 2 };

/// A process that runs a turn each time it is told when to start, and answers how long it took.
class Fellow {
  public:
    Fellow(const FilledCache& filled, std::int64_t operation, std::uint64_t seed) {
        int orders[2];
        int answers[2];
        if (pipe(orders) != 0 || pipe(answers) != 0) require(Status(Code::io_error, "pipe failed"));
        pid_ = fork();
        if (pid_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(orders[1]);
            close(answers[0]);
            serve(filled, operation, seed, orders[0], answers[1]);
            _exit(0);
        }
        close(orders[0]);
        close(answers[1]);
        orders_ = orders[1];
        answers_ = answers[0];
        finish();  // the first answer says that the cache is open and its memory touched
    }
    ~Fellow() {
        kill(pid_, SIGKILL);  // closing would not do: fellows forked later hold this pipe as well
        close(orders_);
        close(answers_);
        waitpid(pid_, nullptr, 0);
    }
    Fellow(const Fellow&) = delete;
    Fellow& operator=(const Fellow&) = delete;

    void start(std::uint64_t at_ns) const {
        if (write(orders_, &at_ns, sizeof(at_ns)) != static_cast<ssize_t>(sizeof(at_ns))) fail();
    }
    std::uint64_t finish() const {
        std::uint64_t took = 0;
        if (read(answers_, &took, sizeof(took)) != static_cast<ssize_t>(sizeof(took))) fail();
        return took;
    }

  private:
    [[noreturn]] static void fail() {
        require(Status(Code::io_error, "a process of the benchmark died"));
        std::abort();
    }

    static void turn(Cache& cache, const KeyOrder& keys, std::int64_t operation, const std::string& written,
                     std::uint64_t first) {
        std::string value;
        for (std::uint64_t i = first; i < first + kTurn; ++i) {
            if (operation == overwrite || (operation == mixed && i % 20 == 19)) {
                if (!cache.set(keys.at(i), written).ok()) _exit(1);
            } else {
                benchmark::DoNotOptimize(cache.get(keys.at(i), value).ok());
            }
        }
    }

    static void serve(const FilledCache& filled, std::int64_t operation, std::uint64_t seed, int orders, int answers) {
        Options options;
        options.flush_on_close = false;
        auto opened = Cache::open(filled.path, options);
        if (!opened.ok()) _exit(1);
        const KeyOrder keys = operation == mixed ? KeyOrder::zipfian(filled.records, seed) : KeyOrder(0, filled.records, seed);
        const std::string written(filled.value_size, 'w');
        for (std::uint64_t first = 0; first < 10 * kTurn; first += kTurn) turn(*opened, keys, get, written, first);
        std::uint64_t at = 0;
        std::uint64_t took = 0;
        for (std::uint64_t first = 0; write(answers, &took, sizeof(took)) > 0; first += kTurn) {
            if (read(orders, &at, sizeof(at)) != static_cast<ssize_t>(sizeof(at))) return;
            wait_until_ns(at);
            const std::uint64_t start = monotonic_ns();
            turn(*opened, keys, operation, written, first);
            took = monotonic_ns() - start;
        }
    }

    pid_t pid_ = -1;
    int orders_ = -1;
    int answers_ = -1;
};

void processes(benchmark::State& state) {
    FilledCache& filled = large_cache();
    const auto count = static_cast<std::uint64_t>(state.range(1));
    std::vector<std::unique_ptr<Fellow>> fellows;
    for (std::uint64_t i = 0; i < count; ++i) fellows.push_back(std::make_unique<Fellow>(filled, state.range(0), 21 + i));
    for (auto _ : state) {
        const std::uint64_t at = monotonic_ns() + 2'000'000;
        for (const auto& fellow : fellows) fellow->start(at);
        std::uint64_t longest = 0;
        for (const auto& fellow : fellows) longest = std::max(longest, fellow->finish());
        state.SetIterationTime(static_cast<double>(longest) * 1e-9);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kTurn * count));
}

BENCHMARK(processes)
    ->ArgNames({"operation", "processes"})
    ->ArgsProduct({{get, mixed, overwrite}, {1, 2, 4}})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace larder::bench
