// What writers do to each other on one key and in one shard, and what a writer at full speed does to readers.
#include "behaviour/crew.hpp"

#include "compare/dataset.hpp"
#include "compare/ticks.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace larder::bench {

namespace {

struct ContentionSettings {
    std::string dir = "/dev/shm";
    double seconds = 1;
};

constexpr std::uint32_t kRecords = 100'000;
constexpr std::size_t kValueSize = 100;
constexpr std::string_view kOneKey = "user:000000000000";

/// A worker's own keys, uniform over the records.
std::vector<Step> steps_of(unsigned worker) {
    constexpr std::size_t kSteps = 1U << 16U;
    Random random(worker + 1);
    std::vector<Step> steps(kSteps);
    for (Step& step : steps) {
        step.id = static_cast<std::uint32_t>(random.below(kRecords));
        write_key(step.id, step.bytes);
    }
    return steps;
}

/// Overwrites: all the same key, or each a random one.
Work writer(bool one_key) {
    return [one_key](Cache& cache, unsigned worker, std::uint64_t until) {
        const std::vector<Step> steps = steps_of(worker);
        const std::string value(kValueSize, static_cast<char>('a' + worker));
        std::uint64_t done = 0;
        while (monotonic_ns() < until) {
            for (std::size_t i = 0; i < kChunk; ++i, ++done) {
                require(cache.set(one_key ? kOneKey : steps[done % steps.size()].key(), value));
            }
        }
        return done;
    };
}

Work reader(bool one_key) {
    return [one_key](Cache& cache, unsigned worker, std::uint64_t until) {
        const std::vector<Step> steps = steps_of(worker + 100);
        std::string value;
        std::uint64_t done = 0;
        while (monotonic_ns() < until) {
            for (std::size_t i = 0; i < kChunk; ++i, ++done) {
                require(cache.get(one_key ? kOneKey : steps[done % steps.size()].key(), value));
            }
        }
        return done;
    };
}

void fill(const std::string& path, std::uint32_t shards) {
    Options options = roomy(kRecords, kValueSize);
    options.shards = shards;
    Cache cache = create_cache(path, options);
    const std::string value(kValueSize, 'v');
    char key[kKeySize];
    for (std::uint32_t id = 0; id < kRecords; ++id) {
        write_key(id, key);
        require(cache.set({key, kKeySize}, value));
    }
}

void writers(const ContentionSettings& settings, const char* title, std::uint32_t shards, bool one_key) {
    std::printf("%-34s", title);
    for (const Crew crew : {Crew::threads, Crew::processes}) {
        for (const unsigned count : {1U, 2U, 4U}) {
            const ScratchFile file(settings.dir, "contention");
            fill(file.path(), shards);
            const auto rates = run_crew(file.path(), crew, std::vector<Work>(count, writer(one_key)), settings.seconds);
            std::printf("%9.2f", sum(rates) / 1e6);
            std::fflush(stdout);
        }
    }
    std::printf("\n");
}

/// A reader by itself, then the same beside a writer; the reader's rates.
void readers(const ContentionSettings& settings, const char* title, bool one_key) {
    std::printf("%-34s", title);
    for (const Crew crew : {Crew::threads, Crew::processes}) {
        const ScratchFile file(settings.dir, "contention");
        fill(file.path(), 0);
        const double alone = run_crew(file.path(), crew, {reader(one_key)}, settings.seconds)[0];
        const double beside_reader = run_crew(file.path(), crew, {reader(one_key), reader(one_key)}, settings.seconds)[0];
        const double beside_writer = run_crew(file.path(), crew, {reader(one_key), writer(one_key)}, settings.seconds)[0];
        std::printf("%9.2f%9.2f%9.2f", alone / 1e6, beside_reader / alone, beside_writer / alone);
        std::fflush(stdout);
    }
    std::printf("\n");
}

void run(const ContentionSettings& settings) {
    std::printf("Overwrites, millions a second, all writers together: by threads, then by processes\n%-34s", "");
    std::printf("%9s%9s%9s%9s%9s%9s\n", "1", "2", "4", "1", "2", "4");
    writers(settings, "random keys", 0, false);
    writers(settings, "random keys, one shard", 1, false);
    writers(settings, "one key", 0, true);
    std::printf("\nA reader, millions of gets a second; beside another reader and beside a writer, as a share of that\n%-34s",
                "");
    std::printf("%9s%9s%9s%9s%9s%9s\n", "threads", "reader", "writer", "process", "reader", "writer");
    readers(settings, "random keys", false);
    readers(settings, "one key", true);
}

}  // namespace

}  // namespace larder::bench

int main(int count, char** arguments) {
    larder::bench::ContentionSettings settings;
    for (int i = 1; i + 1 < count; i += 2) {
        if (std::strcmp(arguments[i], "--dir") == 0) {
            settings.dir = arguments[i + 1];
        } else if (std::strcmp(arguments[i], "--seconds") == 0) {
            settings.seconds = std::atof(arguments[i + 1]);
        } else {
            count = 0;
        }
    }
    if (count % 2 == 0 || settings.seconds <= 0) {
        std::fprintf(stderr, "usage: contention [--dir DIR] [--seconds N]\n");
        return 2;
    }
    larder::bench::run(settings);
    return 0;
}
