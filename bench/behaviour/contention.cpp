// What writers do to each other on one key and in one shard, and what a writer at full speed does to readers.
#include "behaviour/crew.hpp"

#include "compare/dataset.hpp"
#include "compare/median.hpp"
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

/// Which keys somebody uses.
enum class Keys : std::uint8_t { one, all, even, odd };

/// A worker's keys, uniform over the records or half of them.
std::vector<Step> steps_of(unsigned worker, Keys keys) {
    constexpr std::size_t kSteps = 1U << 16U;
    Random random(worker + 1);
    std::vector<Step> steps(kSteps);
    for (Step& step : steps) {
        step.id = keys == Keys::one ? 0 : static_cast<std::uint32_t>(random.below(kRecords));
        if (keys == Keys::even) step.id &= ~1U;
        if (keys == Keys::odd) step.id |= 1U;
        write_key(step.id, step.bytes);
    }
    return steps;
}

Work writer(Keys keys) {
    return [keys](Cache& cache, unsigned worker, std::uint64_t until) {
        const std::vector<Step> steps = steps_of(worker, keys);
        const std::string value(kValueSize, static_cast<char>('a' + worker));
        std::uint64_t done = 0;
        while (monotonic_ns() < until) {
            for (std::size_t i = 0; i < kChunk; ++i, ++done) {
                require(cache.set(steps[done % steps.size()].key(), value));
            }
        }
        return done;
    };
}

Work reader(Keys keys) {
    return [keys](Cache& cache, unsigned worker, std::uint64_t until) {
        const std::vector<Step> steps = steps_of(worker + 100, keys);
        std::string value;
        std::uint64_t done = 0;
        while (monotonic_ns() < until) {
            for (std::size_t i = 0; i < kChunk; ++i, ++done) {
                require(cache.get(steps[done % steps.size()].key(), value));
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

void writers(const ContentionSettings& settings, const char* title, std::uint32_t shards, Keys keys) {
    std::printf("%-34s", title);
    for (const Crew crew : {Crew::threads, Crew::processes}) {
        for (const unsigned count : {1U, 2U, 4U}) {
            const ScratchFile file(settings.dir, "contention");
            fill(file.path(), shards);
            const auto rates = run_crew(file.path(), crew, std::vector<Work>(count, writer(keys)), settings.seconds);
            std::printf("%9.2f", sum(rates) / 1e6);
            std::fflush(stdout);
        }
    }
    std::printf("\n");
}

/// A reader by itself, beside another and beside a writer, in turns; medians of the reader's rates, and of what it keeps.
void readers(const ContentionSettings& settings, const char* title, Keys read, Keys written) {
    constexpr int kRounds = 7;
    std::printf("%-34s", title);
    for (const Crew crew : {Crew::threads, Crew::processes}) {
        const ScratchFile file(settings.dir, "contention");
        fill(file.path(), 0);
        const auto rate = [&](const std::vector<Work>& work) {
            return run_crew(file.path(), crew, work, settings.seconds / 3)[0];
        };
        std::vector<double> alone;
        std::vector<double> beside_reader;
        std::vector<double> beside_writer;
        for (int i = 0; i < kRounds; ++i) {
            alone.push_back(rate({reader(read)}));
            beside_reader.push_back(rate({reader(read), reader(read)}) / alone.back());
            beside_writer.push_back(rate({reader(read), writer(written)}) / alone.back());
        }
        std::printf("%9.2f%9.2f%9.2f", median(alone) / 1e6, median(beside_reader), median(beside_writer));
        std::fflush(stdout);
    }
    std::printf("\n");
}

void run(const ContentionSettings& settings) {
    std::printf("Overwrites, millions a second, all writers together: by threads, then by processes\n%-34s", "");
    std::printf("%9s%9s%9s%9s%9s%9s\n", "1", "2", "4", "1", "2", "4");
    writers(settings, "random keys", 0, Keys::all);
    writers(settings, "random keys, one shard", 1, Keys::all);
    writers(settings, "one key", 0, Keys::one);
    std::printf("\nA reader, millions of gets a second; beside another reader and beside a writer, as a share of that\n%-34s",
                "");
    std::printf("%9s%9s%9s%9s%9s%9s\n", "threads", "reader", "writer", "process", "reader", "writer");
    readers(settings, "random keys, others are written", Keys::even, Keys::odd);
    readers(settings, "random keys, the same are written", Keys::all, Keys::all);
    readers(settings, "one key", Keys::one, Keys::one);
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
