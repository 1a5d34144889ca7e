// Sets: new keys, overwrites, large values, and a mix of 95 % gets; by threads.
#include "micro/fixture.hpp"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <atomic>

namespace larder::bench {

namespace {

FilledCache& cache_of(std::int64_t large) { return large == 0 ? small_cache() : large_cache(); }

std::uint64_t seed_of(const benchmark::State& state) { return 11 + static_cast<std::uint64_t>(state.thread_index()); }

/// Into a cache that is too small for them all: after a while each set evicts.
void set_new(benchmark::State& state) {
    static Cache cache;
    static std::atomic<std::uint64_t> next;
    const std::string path = scratch_path("new");
    if (state.thread_index() == 0) {
        Options options;
        options.capacity = std::uint64_t{256} << 20U;
        options.flush_on_close = false;
        auto made = Cache::create(path, options);
        require(made.status());
        cache = std::move(*made);
        next = 0;
    }
    const std::string value(100, 'v');
    for (auto _ : state) require(cache.set(key_of(next.fetch_add(1, std::memory_order_relaxed)), value));
    state.SetItemsProcessed(state.iterations());
    if (state.thread_index() == 0) {
        require(cache.close());
        unlink(path.c_str());
    }
}

void set_overwrite(benchmark::State& state) {
    FilledCache& filled = cache_of(state.range(0));
    const KeyOrder keys(0, filled.records, seed_of(state));
    const std::string value(filled.value_size, 'w');
    std::uint64_t i = 0;
    for (auto _ : state) require(filled.cache.set(keys.at(i++), value));
    state.SetItemsProcessed(state.iterations());
}

void overwrite_batch(benchmark::State& state) {
    constexpr std::size_t kBatch = 16;
    FilledCache& filled = cache_of(state.range(0));
    const KeyOrder keys(0, filled.records, seed_of(state));
    const std::string value(filled.value_size, 'w');
    std::array<Write, kBatch> writes;
    std::array<Status, kBatch> statuses;
    std::uint64_t i = 0;
    for (auto _ : state) {
        for (Write& write : writes) write = {keys.at(i++), value};
        benchmark::DoNotOptimize(filled.cache.set_many(writes, statuses));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}

void set_wide(benchmark::State& state) {
    FilledCache& filled = wide_cache(static_cast<std::uint32_t>(state.range(0)));
    const KeyOrder keys(0, filled.records, seed_of(state));
    const std::string value(filled.value_size, 'w');
    std::uint64_t i = 0;
    for (auto _ : state) require(filled.cache.set(keys.at(i++), value));
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void mixed_zipfian(benchmark::State& state) {
    FilledCache& filled = cache_of(state.range(0));
    const KeyOrder keys = KeyOrder::zipfian(filled.records, seed_of(state));
    const std::string written(filled.value_size, 'w');
    std::string value;
    std::uint64_t i = 0;
    for (auto _ : state) {
        if (i % 20 == 19) {
            require(filled.cache.set(keys.at(i), written));
        } else {
            benchmark::DoNotOptimize(filled.cache.get(keys.at(i), value).ok());
        }
        ++i;
    }
    state.SetItemsProcessed(state.iterations());
}

void each_size(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgName("large")->Arg(0)->Arg(1)->ThreadRange(1, 4)->UseRealTime();
}

BENCHMARK(set_new)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(set_overwrite)->Apply(each_size);
BENCHMARK(overwrite_batch)->Apply(each_size);
BENCHMARK(mixed_zipfian)->Apply(each_size);
BENCHMARK(set_wide)->ArgName("bytes")->Arg(4096)->Arg(65536)->UseRealTime();

}  // namespace

}  // namespace larder::bench
