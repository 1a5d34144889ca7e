// How long the slowest gets and sets take, in the situations that make stores stall.
#include "behaviour/crew.hpp"

#include "compare/dataset.hpp"
#include "compare/histogram.hpp"
#include "compare/ticks.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace larder::bench {

namespace {

struct TailSettings {
    std::string dir = "/dev/shm";
    std::string disk_dir;
    double seconds = 5;
    std::uint32_t records = 1'000'000;
};

constexpr std::size_t kValueSize = 100;

void print_head() {
    std::printf("Nanoseconds, one get and one set in turns, timer included\n%-30s%5s%9s%9s%9s%10s%12s\n", "", "", "p50", "p99",
                "p99.9", "p99.99", "longest");
}

void print(const char* title, const char* what, const Histogram& histogram) {
    std::printf("%-30s%5s", title, what);
    for (const double share : {.5, .99, .999, .9999}) {
        std::printf(share > .999 ? "%10.0f" : "%9.0f", static_cast<double>(histogram.quantile(share)) / ticks_per_ns());
    }
    std::printf("%12.0f\n", static_cast<double>(histogram.largest()) / ticks_per_ns());
    std::fflush(stdout);
}

/// Which keys are read and written.
struct Keys {
    std::uint64_t read_from = 0;
    std::uint64_t read_below = 0;  ///< how many
    std::uint64_t write_from = 0;
    std::uint64_t write_below = 0;  ///< 0: each write is of a new key, counting up
};

/// Turns of one get and one set until the time is over, or until the keys have run out.
void measure(const char* title, Cache& cache, Keys keys, double seconds, std::uint64_t most = ~std::uint64_t{0}) {
    auto gets = std::make_unique<Histogram>();
    auto sets = std::make_unique<Histogram>();
    Random random(3);
    const std::string value(kValueSize, 'w');
    std::string answer;
    char key[kKeySize];
    const std::uint64_t until = monotonic_ns() + static_cast<std::uint64_t>(seconds * 1e9);
    for (std::uint64_t i = 0; i < most && (i % kChunk != 0 || monotonic_ns() < until); ++i) {
        write_key(static_cast<std::uint32_t>(keys.read_from + random.below(keys.read_below)), key);
        std::uint64_t before = ticks_before();
        const bool hit = cache.get({key, kKeySize}, answer).ok();
        std::uint64_t after = ticks_after();
        if (hit) gets->add(after - before);
        const std::uint64_t id = keys.write_from + (keys.write_below == 0 ? i : random.below(keys.write_below));
        write_key(static_cast<std::uint32_t>(id), key);
        before = ticks_before();
        const Status status = cache.set({key, kKeySize}, value);
        after = ticks_after();
        require(status);
        sets->add(after - before);
        if (keys.write_below == 0) keys.read_below = std::min(keys.read_below + 1, keys.write_from + i + 1 - keys.read_from);
    }
    print(title, "get", *gets);
    print("", "set", *sets);
}

void fill(Cache& cache, std::uint32_t records) {
    const std::string value(kValueSize, 'v');
    char key[kKeySize];
    for (std::uint32_t id = 0; id < records; ++id) {
        write_key(id, key);
        require(cache.set({key, kKeySize}, value));
    }
}

void quiet(const TailSettings& settings) {
    const ScratchFile file(settings.dir, "tail");
    Cache cache = create_cache(file.path(), roomy(settings.records, kValueSize));
    fill(cache, settings.records);
    const Keys keys{0, settings.records, 0, settings.records};
    measure("overwriting", cache, keys, settings.seconds);
    std::atomic<bool> stop{false};
    std::thread neighbour([&] {
        Cache own = open_cache(file.path());
        Random random(9);
        const std::string value(kValueSize, 'n');
        char key[kKeySize];
        while (!stop.load(std::memory_order_relaxed)) {
            write_key(static_cast<std::uint32_t>(random.below(settings.records)), key);
            require(own.set({key, kKeySize}, value));
        }
    });
    measure("beside a writer at full speed", cache, keys, settings.seconds);
    stop = true;
    neighbour.join();
}

void evicting(const TailSettings& settings) {
    const ScratchFile file(settings.dir, "tail");
    Options options = roomy(settings.records, kValueSize);
    options.capacity /= 2;
    Cache cache = create_cache(file.path(), options);
    fill(cache, settings.records);
    measure("full and evicting", cache, {0, settings.records, settings.records, 0}, settings.seconds);
}

void growing(const TailSettings& settings) {
    const ScratchFile file(settings.dir, "tail");
    Cache cache = create_cache(file.path(), roomy(std::uint64_t{settings.records} * 4, kValueSize));
    measure("the index growing", cache, {0, 1, 0, 0}, 1e6, std::uint64_t{settings.records} * 4);
}

void flushing(const TailSettings& settings) {
    const ScratchFile file(settings.disk_dir, "tail");
    Cache cache = create_cache(file.path(), roomy(settings.records, kValueSize));
    fill(cache, settings.records);
    require(cache.flush());
    const Keys keys{0, settings.records, 0, settings.records};
    measure("on disk", cache, keys, settings.seconds);
    std::atomic<bool> stop{false};
    std::atomic<unsigned> flushes{0};
    std::thread flusher([&] {
        while (!stop.load(std::memory_order_relaxed)) {
            require(cache.flush());
            ++flushes;
            for (int i = 0; i < 100 && !stop; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    measure("on disk, flushed every second", cache, keys, settings.seconds);
    stop = true;
    flusher.join();
    std::printf("%u flushes\n", flushes.load());
}

void run(const TailSettings& settings) {
    ticks_per_ns();
    print_head();
    quiet(settings);
    evicting(settings);
    growing(settings);
    if (settings.disk_dir.empty()) {
        std::printf("no --disk-dir: flushing to a disk was not measured\n");
    } else {
        flushing(settings);
    }
}

}  // namespace

}  // namespace larder::bench

int main(int count, char** arguments) {
    larder::bench::TailSettings settings;
    for (int i = 1; i + 1 < count; i += 2) {
        if (std::strcmp(arguments[i], "--dir") == 0) {
            settings.dir = arguments[i + 1];
        } else if (std::strcmp(arguments[i], "--disk-dir") == 0) {
            settings.disk_dir = arguments[i + 1];
        } else if (std::strcmp(arguments[i], "--seconds") == 0) {
            settings.seconds = std::atof(arguments[i + 1]);
        } else if (std::strcmp(arguments[i], "--records") == 0) {
            settings.records = static_cast<std::uint32_t>(std::atol(arguments[i + 1]));
        } else {
            count = 0;
        }
    }
    if (count % 2 == 0 || settings.seconds <= 0 || settings.records < 1000) {
        std::fprintf(stderr, "usage: tail [--dir DIR] [--disk-dir DIR] [--seconds N] [--records N]\n");
        return 2;
    }
    larder::bench::run(settings);
    return 0;
}
