// Gets: hits and misses, small and large caches, large values, batches; by threads.
#include "micro/fixture.hpp"

#include <benchmark/benchmark.h>

#include <array>

namespace larder::bench {

namespace {

enum Size : std::int64_t { small = 0, large = 1 };

FilledCache& cache_of(std::int64_t size) { return size == small ? small_cache() : large_cache(); }

std::uint64_t seed_of(const benchmark::State& state) { return 1 + static_cast<std::uint64_t>(state.thread_index()); }

void get_hit(benchmark::State& state) {
    FilledCache& filled = cache_of(state.range(0));
    const KeyOrder keys(0, filled.records, seed_of(state));
    std::string value;
    std::uint64_t i = 0;
    for (auto _ : state) {
        require(filled.cache.get(keys.at(i++), value));
        benchmark::DoNotOptimize(value.data());
    }
    state.SetItemsProcessed(state.iterations());
}

void get_miss(benchmark::State& state) {
    FilledCache& filled = cache_of(state.range(0));
    const KeyOrder keys(filled.records, filled.records, seed_of(state));
    std::string value;
    std::uint64_t i = 0;
    for (auto _ : state) benchmark::DoNotOptimize(filled.cache.get(keys.at(i++), value).ok());
    state.SetItemsProcessed(state.iterations());
}

void get_wide(benchmark::State& state) {
    FilledCache& filled = wide_cache(static_cast<std::uint32_t>(state.range(0)));
    const KeyOrder keys(0, filled.records, seed_of(state));
    std::string value;
    std::uint64_t i = 0;
    for (auto _ : state) {
        require(filled.cache.get(keys.at(i++), value));
        benchmark::DoNotOptimize(value.data());
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void get_batch(benchmark::State& state) {
    constexpr std::size_t kBatch = 16;
    FilledCache& filled = cache_of(state.range(0));
    const KeyOrder keys(0, filled.records, seed_of(state));
    std::array<std::string_view, kBatch> views;
    std::vector<Lookup> answers(kBatch);
    std::uint64_t i = 0;
    for (auto _ : state) {
        for (std::string_view& view : views) view = keys.at(i++);
        benchmark::DoNotOptimize(filled.cache.get_many(views, answers));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}

void each_size(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgName("large")->Arg(small)->Arg(large)->ThreadRange(1, 4)->UseRealTime();
}

BENCHMARK(get_hit)->Apply(each_size);
BENCHMARK(get_miss)->Apply(each_size);
BENCHMARK(get_batch)->Apply(each_size);
BENCHMARK(get_wide)->ArgName("bytes")->Arg(4096)->Arg(65536)->ThreadRange(1, 2)->UseRealTime();

}  // namespace

}  // namespace larder::bench
