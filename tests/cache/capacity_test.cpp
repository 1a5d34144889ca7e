// A full cache: every set succeeds, the space is used, nothing goes unaccounted for, and the disk takes no more than was said.
#include "tests/support/check.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <functional>

using namespace larder;
using namespace larder::tests;

namespace {

/// How many times the capacity goes through a cache.
constexpr std::uint64_t kRounds = kSanitized ? 2 : 10;
/// What a file system may take for its own bookkeeping of a file.
constexpr std::uint64_t kFileSystemSlack = 256U << 10U;

/// Writes records and looks at the statistics all along.
class Filling {
  public:
    Filling(const std::string& path, std::uint64_t capacity) : path_(path) {
        Options options;
        options.capacity = capacity;
        cache_ = opened(Cache::create(path, options));
    }

    /// Writes `bytes` of records; their keys are numbers below `keys`.
    void write(std::uint64_t bytes, std::uint64_t keys, const std::function<std::uint64_t(Random&)>& size) {
        Random random(seed());
        const std::string source(cache_.max_value_size(), 's');
        std::uint64_t next_look = 0;
        for (std::uint64_t written = 0, number = 0; written < bytes; ++number) {
            const auto key = "key " + std::to_string(mix(number % keys));
            const auto value = std::string_view(source).substr(0, size(random));
            const Status status = cache_.set(key, value);
            if (!status.ok()) FAIL("set " << number << ": " << status.message());
            written += key.size() + value.size();
            if (written < next_look) continue;
            next_look = written + stats_of(cache_).capacity / 64;
            look();
        }
        look();
        require_clean(cache_);
    }
    double least_use() const { return least_use_; }
    const Cache& cache() const { return cache_; }

  private:
    void look() {
        const Stats stats = stats_of(cache_);
        require_accounts_balance(stats);
        REQUIRE(stats.committed_bytes <= stats.capacity);
        REQUIRE(stats.segment_bytes >= stats.record_bytes);
        REQUIRE(allocated_bytes(path_) <= stats.capacity + kFileSystemSlack);
        if (stats.counters.evictions == 0) return;
        const double use = static_cast<double>(stats.record_bytes) / static_cast<double>(stats.capacity);
        if (use < least_use_) least_use_ = use;
    }

    std::string path_;
    Cache cache_;
    double least_use_ = 1.0;
};

constexpr std::uint64_t kNoRepeats = ~std::uint64_t{0};

}  // namespace

TEST_CASE("ten times the capacity goes through a cache that stays at least 85 percent full of live bytes") {
    TemporaryDirectory directory;
    Filling filling(directory.file("c"), 64 * kMiB);
    SHOW_SEED();
    SECTION("records of about 100 bytes") {
        filling.write(kRounds * 64 * kMiB, kNoRepeats, [](Random& random) { return random.between(50, 150); });
    }
    SECTION("records of a kilobyte") {
        filling.write(kRounds * 64 * kMiB, kNoRepeats, [](Random&) { return 1024; });
    }
    SECTION("records of mixed sizes") {
        filling.write(kRounds * 64 * kMiB, kNoRepeats, [](Random& random) { return random.skewed(64U << 10U); });
    }
    const Stats stats = stats_of(filling.cache());
    CHECK(stats.counters.evictions > 0);
    INFO("least share of the capacity in live bytes since it was full: " << filling.least_use());
    CHECK(filling.least_use() >= 0.85);
}

TEST_CASE("sets go on succeeding when values are as large as they may be") {
    TemporaryDirectory directory;
    Filling filling(directory.file("c"), 64 * kMiB);
    SHOW_SEED();
    filling.write(kRounds * 64 * kMiB, kNoRepeats, [](Random& random) { return random.skewed(8 * kMiB); });
    CHECK(stats_of(filling.cache()).counters.evictions > 0);
}

TEST_CASE("overwriting goes on for ever in a small cache") {
    TemporaryDirectory directory;
    const std::uint64_t capacity = GENERATE(1 * kMiB, 2 * kMiB, 8 * kMiB);
    Filling filling(directory.file("c"), capacity);
    SHOW_SEED();
    INFO("capacity " << capacity);
    filling.write(capacity * 3 * kRounds, 1000, [&](Random& random) { return random.skewed(capacity / 8); });
}

TEST_CASE("what fits is not evicted, however often it is overwritten") {
    TemporaryDirectory directory;
    const std::uint64_t capacity = GENERATE(4 * kMiB, 64 * kMiB);
    Filling filling(directory.file("c"), capacity);
    SHOW_SEED();
    const std::uint64_t keys = capacity / 2 / 1100;
    filling.write(capacity * kRounds, keys, [](Random&) { return 1000; });
    const Stats stats = stats_of(filling.cache());
    CHECK(stats.counters.evictions == 0);
    CHECK(stats.records == keys);
}

TEST_CASE("a removed record's space is used again") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = 4 * kMiB;
    auto cache = opened(Cache::create(directory.file("c"), options));
    const std::string value(10'000, 'v');
    for (int i = 0; i < 100; ++i) REQUIRE_OK(cache.set("stays " + std::to_string(i), value));
    for (int i = 0; i < 10'000; ++i) {
        REQUIRE_OK(cache.set("goes " + std::to_string(i), value));
        REQUIRE_OK(cache.remove("goes " + std::to_string(i)));
    }
    for (int i = 0; i < 100; ++i) REQUIRE(value_of(cache, "stays " + std::to_string(i)) == value);
    const Stats stats = stats_of(cache);
    CHECK(stats.counters.evictions == 0);
    CHECK(stats.records == 100);
    require_accounts_balance(stats);
    require_clean(cache);
}

TEST_CASE("an empty cache of 10 GiB takes almost no disk, and more only as it fills") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = 10 * 1024 * kMiB;
    auto cache = opened(Cache::create(directory.file("c"), options));
    CHECK(allocated_bytes(directory.file("c")) < 16 * kMiB);
    for (int i = 0; i < 100; ++i) REQUIRE_OK(cache.set("key " + std::to_string(i), std::string(1000, 'v')));
    require_clean(cache);
    REQUIRE_OK(cache.close());
    cache = opened(Cache::open(directory.file("c")));
    CHECK(stats_of(cache).records == 100);
    // Each shard that was written to has a segment of its own.
    const Stats stats = stats_of(cache);
    CHECK(allocated_bytes(directory.file("c")) <= stats.committed_bytes + kFileSystemSlack);
}

TEST_CASE("the largest reservation costs nothing but address space") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = kMiB;
    options.reservation = std::uint64_t{1} << 40U;
    auto cache = opened(Cache::create(directory.file("c"), options));
    CHECK(stats_of(cache).reservation == options.reservation);
    CHECK(allocated_bytes(directory.file("c")) <= kMiB + kFileSystemSlack);
    for (int i = 0; i < 5000; ++i) REQUIRE_OK(cache.set("key " + std::to_string(i), std::string(1000, 'v')));
    CHECK(allocated_bytes(directory.file("c")) <= kMiB + kFileSystemSlack);
    require_clean(cache);
}
