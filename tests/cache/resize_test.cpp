// resize(): up and down, in one handle while others are attached.
#include "tests/support/check.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace larder;
using namespace larder::tests;

namespace {

struct ResizeFixture {
    TemporaryDirectory directory;
    Cache cache = create();
    Cache other = opened(Cache::open(directory.file("c")));
    Cache reader = open_read_only();

    Cache create() {
        Options options;
        options.capacity = 8 * kMiB;
        options.reservation = 64 * kMiB;
        return opened(Cache::create(directory.file("c"), options));
    }
    Cache open_read_only() {
        Options options;
        options.read_only = true;
        return opened(Cache::open(directory.file("c"), options));
    }
    void write(Cache& through, int first, int count) {
        for (int i = first; i < first + count; ++i) {
            REQUIRE_OK(through.set("key " + std::to_string(i), std::to_string(i) + std::string(1000, 'v')));
        }
    }
    std::uint64_t present(const Cache& through, int count) {
        std::uint64_t found = 0;
        for (int i = 0; i < count; ++i) {
            std::string value;
            const auto code = through.get("key " + std::to_string(i), value).code();
            REQUIRE((code == Code::ok || code == Code::not_found));
            if (code != Code::ok) continue;
            REQUIRE(value == std::to_string(i) + std::string(1000, 'v'));
            ++found;
        }
        return found;
    }
    void require_sound(std::uint64_t capacity) {
        for (const auto* through : {&cache, &other, &reader}) {
            const Stats stats = stats_of(*through);
            CHECK(stats.capacity == capacity);
            CHECK(through->max_value_size() == capacity / 8);
            CHECK(stats.committed_bytes <= capacity);
            require_accounts_balance(stats);
            require_clean(*through);
        }
        CHECK(allocated_bytes(directory.file("c")) <= capacity + (256U << 10U));
    }
};

}  // namespace

TEST_CASE_METHOD(ResizeFixture, "a larger capacity holds more, for all who are attached") {
    write(cache, 0, 20'000);
    CHECK(stats_of(cache).counters.evictions > 0);
    REQUIRE_OK(cache.resize(64 * kMiB));
    require_sound(64 * kMiB);
    const auto evictions = stats_of(cache).counters.evictions;
    REQUIRE_OK(cache.clear());
    write(other, 0, 40'000);
    CHECK(present(cache, 40'000) == 40'000);
    CHECK(present(reader, 40'000) == 40'000);
    CHECK(stats_of(cache).counters.evictions == evictions);
    const std::string large(8 * kMiB, 'l');
    REQUIRE_OK(other.set("large", large));
    CHECK((value_of(reader, "large") == large));
    require_sound(64 * kMiB);
}

TEST_CASE_METHOD(ResizeFixture, "a smaller capacity evicts and gives the space back") {
    REQUIRE_OK(cache.resize(64 * kMiB));
    write(other, 0, 40'000);
    REQUIRE(allocated_bytes(directory.file("c")) > 32 * kMiB);
    REQUIRE_OK(cache.resize(16 * kMiB));
    require_sound(16 * kMiB);
    const Stats stats = stats_of(cache);
    CHECK(stats.counters.evictions > 0);
    CHECK(present(reader, 40'000) == stats.records);
    CHECK(stats.record_bytes > 8 * kMiB);
    write(other, 0, 40'000);
    require_sound(16 * kMiB);
    REQUIRE_OK(cache.resize(1 * kMiB));
    require_sound(1 * kMiB);
    write(other, 0, 5000);
    CHECK_CODE(cache.set("key", std::string(kMiB / 8 + 1, 'v')), Code::too_large);
    REQUIRE_OK(cache.set("key", std::string(kMiB / 8, 'v')));
    require_sound(1 * kMiB);
}

TEST_CASE_METHOD(ResizeFixture, "lowering the capacity evicts nothing that still fits") {
    write(cache, 0, 1000);
    REQUIRE_OK(cache.resize(4 * kMiB));
    CHECK(present(other, 1000) == 1000);
    CHECK(stats_of(cache).counters.evictions == 0);
    require_sound(4 * kMiB);
}

TEST_CASE_METHOD(ResizeFixture, "capacities outside the range are refused and change nothing") {
    write(cache, 0, 100);
    for (const std::uint64_t wrong : {std::uint64_t{0}, kMiB - 1, 64 * kMiB + 1, ~std::uint64_t{0}}) {
        CHECK_CODE(cache.resize(wrong), Code::invalid_argument);
    }
    REQUIRE_OK(cache.resize(8 * kMiB));
    CHECK(present(cache, 100) == 100);
    require_sound(8 * kMiB);
}

TEST_CASE_METHOD(ResizeFixture, "up and down, again and again, and reopened") {
    Random random(seed());
    SHOW_SEED();
    for (int round = 0; round < 30; ++round) {
        const std::uint64_t capacity = random.between(kMiB, 64 * kMiB);
        INFO("round " << round << " capacity " << capacity);
        REQUIRE_OK((round % 2 == 0 ? cache : other).resize(capacity));
        require_sound(capacity);
        write(round % 2 == 0 ? other : cache, 0, static_cast<int>(random.below(5000)));
        present(reader, 5000);
        require_sound(capacity);
        if (round % 5 != 0) continue;
        REQUIRE_OK(cache.close());
        REQUIRE_OK(other.close());
        REQUIRE_OK(reader.close());
        cache = opened(Cache::open(directory.file("c")));
        other = opened(Cache::open(directory.file("c")));
        reader = open_read_only();
        require_sound(capacity);
    }
}
