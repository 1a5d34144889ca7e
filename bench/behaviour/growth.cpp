// How cost grows with the number of records: a get, opening, the first fill with and without a hint, and expiry.
#include "behaviour/crew.hpp"
#include "compare/stores/limit_store.hpp"
#include "compare/ticks.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace larder::bench {

namespace {

struct GrowthSettings {
    std::string dir = "/dev/shm";
    std::uint64_t most = 10'000'000;
};

constexpr std::uint32_t kValueSize = 100;

std::string_view key_into(std::uint64_t id, Step& step) {
    step.id = static_cast<std::uint32_t>(id);
    write_key(step.id, step.bytes);
    return step.key();
}

/// Millions of sets a second.
template <class Set>
double fill(std::uint64_t records, Set set) {
    Step step{};
    const std::uint64_t start = monotonic_ns();
    for (std::uint64_t id = 0; id < records; ++id) {
        key_into(id, step);
        if (!set(step)) require(Status(Code::full, "a set failed"));
    }
    return static_cast<double>(records) * 1e3 / static_cast<double>(monotonic_ns() - start);
}

std::vector<Step> random_steps(std::uint64_t records) {
    Random random(5);
    std::vector<Step> steps(1U << 20U);
    for (Step& step : steps) key_into(random.below(records), step);
    return steps;
}

/// Nanoseconds a get: the best of five rounds, since what is asked is what the store costs, not what the neighbours do.
template <class Get>
double get_ns(const std::vector<Step>& steps, Get get) {
    double best = 1e18;
    for (int round = 0; round < 5; ++round) {
        const std::uint64_t start = monotonic_ns();
        std::uint64_t hits = 0;
        for (const Step& step : steps) hits += get(step);
        best = std::min(best, static_cast<double>(monotonic_ns() - start) / static_cast<double>(steps.size()));
        if (hits != steps.size()) require(Status(Code::not_found, "a get missed"));
    }
    return best;
}

/// The limit's rates for so many records: million sets a second, and nanoseconds a get.
std::pair<double, double> limit(const GrowthSettings& settings, std::uint64_t records, const std::vector<Step>& steps) {
    const ScratchFile file(settings.dir, "growth-limit");
    LimitStore<NoGuard> store({file.path(), static_cast<std::uint32_t>(records), kValueSize, false}, Opening::create);
    const auto session = store.session();
    const std::string value(kValueSize, 'v');
    Answer answer(kValueSize);
    const double rate = fill(records, [&](const Step& step) { return session->set(step, value); });
    return {rate, get_ns(steps, [&](const Step& step) { return session->get(step, answer); })};
}

double fill_larder(Cache& cache, std::uint64_t records) {
    const std::string value(kValueSize, 'v');
    return fill(records, [&](const Step& step) { return cache.set(step.key(), value).ok(); });
}

/// Microseconds: open, read one key, close; nobody else has it open.
double open_us(const std::string& path) {
    double best = 1e18;
    Step step{};
    std::string value;
    for (int round = 0; round < 5; ++round) {
        const std::uint64_t start = monotonic_ns();
        Cache cache = open_cache(path);
        require(cache.get(key_into(0, step), value));
        best = std::min(best, static_cast<double>(monotonic_ns() - start) / 1e3);
    }
    return best;
}

void print_size(const GrowthSettings& settings, std::uint64_t records) {
    const std::vector<Step> steps = random_steps(records);
    const auto [limit_fill, limit_get] = limit(settings, records, steps);
    double hinted = 0;
    {
        const ScratchFile file(settings.dir, "growth-hint");
        Options options = roomy(records, kValueSize);
        options.expected_records = records;
        Cache cache = create_cache(file.path(), options);
        hinted = fill_larder(cache, records);
    }
    const ScratchFile file(settings.dir, "growth");
    Cache cache = create_cache(file.path(), roomy(records, kValueSize));
    const double plain = fill_larder(cache, records);
    std::string value;
    const double get = get_ns(steps, [&](const Step& step) { return cache.get(step.key(), value).ok(); });
    require(cache.close());
    const double open = open_us(file.path());
    std::printf("%12llu%10.0f%10.0f%9.2f%10.2f%10.2f%10.2f%12.0f\n", static_cast<unsigned long long>(records), get, limit_get,
                limit_get / get, plain, hinted, limit_fill, open);
    std::fflush(stdout);
}

/// Half the records expire at once; new ones are then stored in their place, and none of the others may be lost.
void print_expiry(const GrowthSettings& settings) {
    const std::uint64_t records = std::min<std::uint64_t>(settings.most, 1'000'000);
    const ScratchFile file(settings.dir, "growth-expiry");
    Options options = roomy(records, kValueSize);
    options.capacity = options.capacity * 4 / 5;
    Cache cache = create_cache(file.path(), options);
    const std::string value(kValueSize, 'v');
    const auto soon = std::chrono::system_clock::now() + std::chrono::seconds(20);
    WriteOptions expiring;
    expiring.ttl = Ttl::at(std::chrono::duration_cast<std::chrono::milliseconds>(soon.time_since_epoch()).count());
    const double filled = fill(records, [&](const Step& step) {
        return cache.set(step.key(), value, step.id % 2 == 0 ? expiring : WriteOptions{}).ok();
    });
    std::this_thread::sleep_until(soon + std::chrono::milliseconds(10));
    Step step{};
    const std::uint64_t first_new = records;
    const std::uint64_t start = monotonic_ns();
    for (std::uint64_t i = 0; i < records / 2; ++i) require(cache.set(key_into(first_new + i, step), value));
    const double refilled = static_cast<double>(records) / 2 * 1e3 / static_cast<double>(monotonic_ns() - start);
    std::uint64_t kept = 0;
    std::string answer;
    for (std::uint64_t id = 1; id < records; id += 2) kept += cache.get(key_into(id, step), answer).ok();
    const auto stats = cache.stats();
    require(stats.status());
    std::printf(
        "\nExpiry: %llu records, half of which run out together; then as many new ones.\n"
        "fill %.2f, refill %.2f million a second; expired %llu, evicted %llu; of those without expiry %.1f %% are left\n",
        static_cast<unsigned long long>(records), filled, refilled, static_cast<unsigned long long>(stats->counters.expirations),
        static_cast<unsigned long long>(stats->counters.evictions),
        static_cast<double>(kept) * 200 / static_cast<double>(records));
}

void run(const GrowthSettings& settings) {
    std::printf("Records of 100 bytes, keys of 17; gets uniform, best of five; fill in million sets a second\n");
    std::printf("%12s%10s%10s%9s%10s%10s%10s%12s\n", "records", "get ns", "limit ns", "ratio", "fill", "hinted", "limit",
                "open us");
    for (const std::uint64_t records : {10'000U, 100'000U, 1'000'000U, 10'000'000U, 50'000'000U}) {
        if (records <= settings.most) print_size(settings, records);
    }
    print_expiry(settings);
}

}  // namespace

}  // namespace larder::bench

int main(int count, char** arguments) {
    larder::bench::GrowthSettings settings;
    for (int i = 1; i + 1 < count; i += 2) {
        if (std::strcmp(arguments[i], "--dir") == 0) {
            settings.dir = arguments[i + 1];
        } else if (std::strcmp(arguments[i], "--most") == 0) {
            settings.most = static_cast<std::uint64_t>(std::atoll(arguments[i + 1]));
        } else {
            count = 0;
        }
    }
    if (count % 2 == 0 || settings.most < 10'000) {
        std::fprintf(stderr, "usage: growth [--dir DIR] [--most RECORDS (default 10000000; up to 50000000)]\n");
        return 2;
    }
    larder::bench::run(settings);
    return 0;
}
