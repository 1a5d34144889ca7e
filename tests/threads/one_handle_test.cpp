// Many threads on one handle, so on one mapping: what a thread sanitizer can see. LARDER_ITERATIONS: operations a thread.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/worker.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint64_t kOperations = 50'000;

/// Threads, and the first thing that went wrong in any of them.
class Threads {
  public:
    ~Threads() { join(); }
    void start(std::function<void()> body) {
        threads_.emplace_back([this, body = std::move(body)] {
            try {
                body();
            } catch (const std::exception& error) {
                const std::lock_guard lock(mutex_);
                if (problem_.empty()) problem_ = error.what();
            }
        });
    }
    void join() {
        for (auto& thread : threads_) thread.join();
        threads_.clear();
    }
    std::string problem() {
        const std::lock_guard lock(mutex_);
        return problem_;
    }

  private:
    std::mutex mutex_;
    std::string problem_;
    std::vector<std::thread> threads_;
};

void must(const Status& status) {
    if (!status.ok()) throw WrongAnswer(std::string(code_name(status.code())) + ": " + status.message());
}

struct Shop {
    explicit Shop(std::uint64_t capacity, std::uint32_t shards = 0) {
        Options options;
        options.capacity = capacity;
        options.reservation = 64U << 20U;
        options.shards = shards;
        options.timeout = std::chrono::seconds(60);
        cache = opened(Cache::create(directory.file("c"), options));
        REQUIRE_OK(Worker::prepare(cache));
    }
    void start_workers(std::uint32_t count, bool evicting, std::uint64_t operations) {
        for (std::uint32_t number = 0; number < count; ++number) {
            threads.start([this, number, evicting, operations] {
                WorkerOptions options;
                options.number = number;
                options.seed = seed() + number;
                options.evicting = evicting;
                options.shared_keys = 300;
                options.largest_value = 16U << 10U;
                Worker(cache, journal, options).run(operations);
                ++finished;
            });
        }
    }
    void finish(std::uint32_t workers, bool evicting) {
        threads.join();
        CHECK(threads.problem().empty());
        std::string problem;
        try {
            Worker::check_end(cache, journal, workers, evicting);
        } catch (const WrongAnswer& error) {
            problem = error.what();
        }
        CHECK(problem.empty());
        require_accounts_balance(stats_of(cache));
        require_clean(cache);
    }

    TemporaryDirectory directory;
    Cache cache;
    Journal journal{directory.file("journal")};
    std::atomic<std::uint32_t> finished = 0;
    Threads threads;
};

}  // namespace

TEST_CASE("threads on one handle with room for all: every value right, every count exact") {
    SHOW_SEED();
    Shop shop(64U << 20U);
    shop.start_workers(4, false, iterations(kOperations));
    shop.finish(4, false);
    CHECK(stats_of(shop.cache).counters.evictions == 0);
}

TEST_CASE("threads on one handle of a small cache that evicts") {
    SHOW_SEED();
    Shop shop(1U << 20U);
    shop.start_workers(4, true, iterations(kOperations));
    shop.finish(4, true);
}

TEST_CASE("threads with one lock between them") {
    SHOW_SEED();
    Shop shop(2U << 20U, 1);
    shop.start_workers(4, true, iterations(kOperations) / 2);
    shop.finish(4, true);
}

TEST_CASE("threads that resize, flush, clear, scan and verify what others use") {
    SHOW_SEED();
    Shop shop(1U << 20U);
    shop.start_workers(3, true, iterations(kOperations) / 2);
    auto until_done = [&](const std::function<void(Random&)>& act, std::uint64_t start) {
        shop.threads.start([&shop, act, start] {
            Random random(start);
            while (shop.finished < 3 && shop.threads.problem().empty()) act(random);
        });
    };
    until_done([&](Random& random) { must(shop.cache.resize(random.between(1U << 20U, 64U << 20U))); }, seed() + 10);
    until_done(
        [&](Random& random) {
            must(shop.cache.flush());
            if (random.chance(10)) must(shop.cache.clear());
        },
        seed() + 11);
    until_done(
        [&](Random&) {
            const auto cursor = shop.cache.for_each({}, [](const RecordView& record) { return !record.key.empty(); });
            must(cursor.status());
            must(shop.cache.stats().status());
            const auto verification = shop.cache.verify();
            must(verification.status());
            for (const auto& problem : verification->problems) throw WrongAnswer(problem);
        },
        seed() + 12);
    shop.finish(3, true);
}

TEST_CASE("each thread's increments of one key count") {
    Shop shop(8U << 20U);
    const std::uint64_t each = iterations(kOperations) / 4;
    for (int i = 0; i < 4; ++i) {
        shop.threads.start([&] {
            for (std::uint64_t j = 0; j < each; ++j) must(shop.cache.increment("one", 1, 1).status());
        });
    }
    shop.threads.join();
    CHECK(shop.threads.problem().empty());
    CHECK(value_of(shop.cache, "one") == std::to_string(4 * each));
}

TEST_CASE("of threads that add the same key one succeeds, and of those that swap the same version") {
    Shop shop(8U << 20U);
    for (int round = 0; round < 200; ++round) {
        const auto key = "key " + std::to_string(round);
        std::atomic<int> added = 0;
        std::atomic<int> swapped = 0;
        std::atomic<std::uint64_t> version = 0;
        for (int i = 0; i < 4; ++i) {
            shop.threads.start([&] {
                if (shop.cache.add(key, "first").ok()) ++added;
            });
        }
        shop.threads.join();
        version = version_of(shop.cache, key);
        for (int i = 0; i < 4; ++i) {
            shop.threads.start([&] {
                if (shop.cache.compare_and_swap(key, "second", version).ok()) ++swapped;
            });
        }
        shop.threads.join();
        REQUIRE(added == 1);
        REQUIRE(swapped == 1);
    }
}

TEST_CASE("threads that come and go") {
    Shop shop(8U << 20U);
    for (int round = 0; round < 100; ++round) {
        for (int i = 0; i < 8; ++i) {
            shop.threads.start([&shop, i] {
                const auto key = "thread " + std::to_string(i);
                must(shop.cache.set(key, key));
                must(shop.cache.get(key).status());
            });
        }
        shop.threads.join();
        REQUIRE(shop.threads.problem().empty());
    }
    const Counters counters = stats_of(shop.cache).counters;
    CHECK(counters.sets == 800 + kSharedCounters);
    CHECK(counters.hits == 800);
}

TEST_CASE("handles opened and closed by threads while others use theirs") {
    Shop shop(8U << 20U);
    for (int i = 0; i < 4; ++i) {
        shop.threads.start([&shop, i] {
            for (int round = 0; round < 50; ++round) {
                auto cache = Cache::open(shop.directory.file("c"));
                must(cache.status());
                const auto key = std::to_string(i) + "/" + std::to_string(round);
                must(cache->set(key, key));
                must(shop.cache.get(key).status());
                must(cache->close());
            }
        });
    }
    shop.threads.join();
    CHECK(shop.threads.problem().empty());
    CHECK(stats_of(shop.cache).counters.sets == 200 + kSharedCounters);
    CHECK(stats_of(shop.cache).processes.size() == 1);
    require_clean(shop.cache);
}
