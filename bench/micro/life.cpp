// Making, opening and attaching, and what an empty cache takes of the disk.
#include "micro/fixture.hpp"

#include <benchmark/benchmark.h>
#include <sys/stat.h>
#include <unistd.h>

namespace larder::bench {

namespace {

Options options_of(std::uint64_t capacity) {
    Options options;
    options.capacity = capacity;
    options.flush_on_close = false;
    return options;
}

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;

void create_empty(benchmark::State& state) {
    const std::string path = scratch_path("empty");
    const Options options = options_of(static_cast<std::uint64_t>(state.range(0)) * kMebibyte);
    struct stat status {};
    for (auto _ : state) {
        auto made = Cache::create(path, options);
        require(made.status());
        state.PauseTiming();
        stat(path.c_str(), &status);
        require(made->close());
        unlink(path.c_str());
        state.ResumeTiming();
    }
    state.counters["disk_bytes"] = static_cast<double>(status.st_blocks) * 512;
}

/// The only user: opens, reads one key, closes.
void open_alone(benchmark::State& state) {
    const std::string path = scratch_path("alone");
    const Options options = options_of(static_cast<std::uint64_t>(state.range(0)) * kMebibyte);
    auto made = Cache::create(path, options);
    require(made.status());
    require(made->set("key", "value"));
    require(made->close());
    std::string value;
    for (auto _ : state) {
        auto opened = Cache::open(path, options);
        require(opened.status());
        require(opened->get("key", value));
        require(opened->close());
    }
    unlink(path.c_str());
}

/// Beside a user who has it open.
void attach(benchmark::State& state) {
    FilledCache& filled = large_cache();
    Options options = options_of(kMebibyte);
    options.read_only = state.range(0) != 0;
    std::string value;
    const std::string key = key_of(0);
    for (auto _ : state) {
        auto opened = Cache::open(filled.path, options);
        require(opened.status());
        require(opened->get(key, value));
        require(opened->close());
    }
}

BENCHMARK(create_empty)->ArgName("MiB")->Arg(64)->Arg(10 * 1024)->Unit(benchmark::kMicrosecond);
BENCHMARK(open_alone)->ArgName("MiB")->Arg(1)->Arg(64)->Arg(10 * 1024)->Unit(benchmark::kMicrosecond);
BENCHMARK(attach)->ArgName("read_only")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace

}  // namespace larder::bench
