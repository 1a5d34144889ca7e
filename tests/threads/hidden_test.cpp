// Keys whose sets displace each other's records, while others read them: each must always be found, with what was set last or
// later.
#include "tests/support/check.hpp"
#include "tests/support/colliding_keys.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::size_t kTwins = 3;

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
        for (const std::string& key : keys) REQUIRE_OK(cache.set(key, "0"));
    }

    void write(std::uint64_t rounds) {
        Random random(seed());
        for (std::uint64_t i = 1; i <= rounds; ++i) {
            const std::size_t twin = random.below(kTwins);
            if (!cache.set(keys[twin], std::to_string(i)).ok()) ++wrong;
            latest[twin].store(i, std::memory_order_release);
            // Whatever else is done to the shard settles.
            if (random.below(20) == 0) (void)cache.remove("another");
            if (random.below(20) == 0) (void)cache.append("another one", "and more");
        }
        done = true;
    }

    void read(std::uint64_t number) {
        Random random(seed() + number);
        std::string value;
        while (!done) {
            const std::size_t twin = random.below(kTwins);
            const std::uint64_t least = latest[twin].load(std::memory_order_acquire);
            std::uint64_t found = 0;
            const Status status = cache.get(keys[twin], value);
            const bool is_number = std::from_chars(value.data(), value.data() + value.size(), found).ec == std::errc();
            if (!status.ok() || !is_number || found < least) ++wrong;
            ++reads;
        }
    }

    void scan() {
        while (!done) {
            std::size_t met = 0;
            (void)cache.for_each({}, [&](const RecordView& record) {
                met += record.key.starts_with("twin");
                return true;
            });
            if (met != kTwins) ++wrong;
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
