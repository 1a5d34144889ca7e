// Keys whose sets displace each other's records, while others read them: each must always be found, with what was set last or
// later.
#include "tests/support/check.hpp"
#include "tests/support/colliding_keys.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::size_t kTwins = 3;

// The first key is always there, the others come and go: only where one alone is in the chain do sets displace.
struct Row {
    Row() {
        Options options;
        options.capacity = 2U << 20U;
        options.shards = 1;
        options.segment_size = 32U << 10U;
        options.hash_seed = 99;
        options.timeout = std::chrono::seconds(60);
        cache = opened(Cache::create(directory.file("c"), options));
        keys = colliding_keys(99, kTwins);
        REQUIRE_OK(cache.set(keys[0], "0"));
    }

    void write(std::uint64_t rounds) {
        Random random(seed());
        for (std::uint64_t i = 1; i <= rounds; ++i) {
            const std::size_t twin = random.below(kTwins);
            const bool goes = twin != 0 && random.below(3) == 0;
            const Status status = goes ? cache.remove(keys[twin]) : cache.set(keys[twin], std::to_string(i));
            if (!status.ok() && !goes) ++wrong;
            latest[twin].store(i, std::memory_order_release);
        }
        done = true;
    }

    // A value as it may be found when all sets up to `least` have returned.
    void check(std::uint64_t least, std::string_view value) {
        std::uint64_t found = 0;
        const bool is_number = std::from_chars(value.data(), value.data() + value.size(), found).ec == std::errc();
        if (!is_number || found < least) ++wrong;
    }

    void read(std::uint64_t number) {
        Random random(seed() + number);
        std::string value;
        while (!done) {
            const std::size_t twin = random.below(kTwins);
            const std::uint64_t least = latest[twin].load(std::memory_order_acquire);
            const Status status = cache.get(keys[twin], value);
            if (status.ok())
                check(least, value);
            else if (twin == 0 || status.code() != Code::not_found)
                ++wrong;
            ++reads;
        }
    }

    void scan() {
        while (!done) {
            std::array<std::uint64_t, kTwins> least{};
            std::array<int, kTwins> met{};
            for (std::size_t i = 0; i < kTwins; ++i) least[i] = latest[i].load(std::memory_order_acquire);
            (void)cache.for_each({}, [&](const RecordView& record) {
                const auto twin = static_cast<std::size_t>(std::find(keys.begin(), keys.end(), record.key) - keys.begin());
                if (twin == kTwins) return true;
                ++met[twin];
                check(least[twin], record.value);
                return true;
            });
            if (met[0] != 1 || met[1] > 1 || met[2] > 1) ++wrong;
            ++reads;
        }
    }

    TemporaryDirectory directory;
    Cache cache;
    std::vector<std::string> keys;
    std::array<std::atomic<std::uint64_t>, kTwins> latest{};
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> wrong{0};
    std::atomic<std::uint64_t> reads{0};
};

}  // namespace

TEST_CASE("records that displace each other are found by all that read meanwhile") {
    SHOW_SEED();
    Row row;
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 2; ++i) threads.emplace_back([&row, i] { row.read(i); });
    threads.emplace_back([&row] { row.scan(); });
    row.write(iterations(300'000));
    for (std::thread& thread : threads) thread.join();
    CHECK(row.wrong == 0);
    CHECK(row.reads > 1000);
    require_clean(row.cache);
    CHECK(stats_of(row.cache).counters.replaced > 0);
    require_accounts_balance(stats_of(row.cache));
}
