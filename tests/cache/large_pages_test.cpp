// Space for records in pages of 2 MiB: more or less of them in memory, the same cache.
#include "tests/support/large_pages.hpp"
#include "tests/support/check.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <iostream>
#include <string>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr int kMany = 30'000;
constexpr std::uint64_t kLargePage = 2 * kMiB;

std::string name_of(int number) { return "key " + std::to_string(number); }
std::string filling_of(int number) { return std::to_string(number) + std::string(1000, static_cast<char>('a' + number % 26)); }

Options with_pages(std::uint64_t capacity, bool large_pages = true) {
    Options options;
    options.capacity = capacity;
    options.reservation = 512 * kMiB;
    options.large_pages = large_pages;
    return options;
}

void fill_up(Cache& cache, int first, int count) {
    for (int i = first; i < first + count; ++i) REQUIRE_OK(cache.set(name_of(i), filling_of(i)));
}

void require_all_of(const Cache& cache, int count) {
    for (int i = 0; i < count; ++i) REQUIRE((value_of(cache, name_of(i)) == filling_of(i)));
}

void require_honest(const Cache& cache, const std::string& path, std::uint64_t capacity) {
    const Stats stats = stats_of(cache);
    CHECK(stats.committed_bytes <= capacity);
    // A page at the end of the tables, as without large pages.
    CHECK(allocated_bytes(path) <= stats.committed_bytes + (256U << 10U));
    require_accounts_balance(stats);
    require_clean(cache);
}

}  // namespace

TEST_CASE("a large cache keeps its records in large pages where the kernel has them, for all who are attached") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache cache = opened(Cache::create(path, with_pages(256 * kMiB)));
    fill_up(cache, 0, kMany);
    require_all_of(cache, kMany);
    require_honest(cache, path, 256 * kMiB);
    const std::uint64_t large = mapped_in_large_pages();
    std::cout << large / kLargePage << " large pages behind " << allocated_bytes(path) / kMiB << " MiB\n";
    Cache other = opened(Cache::open(path));
    require_all_of(other, kMany);
    if (!has_large_pages()) return;
    CHECK(large > 0);
    CHECK(mapped_in_large_pages() > large);
}

TEST_CASE("what all shards have of the index is in large pages, too") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache cache = opened(Cache::create(path, with_pages(256 * kMiB)));
    // Four rows of the index, of which the last may not be whole.
    constexpr int kSmall = 700'000;
    for (int i = 0; i < kSmall; ++i) REQUIRE_OK(cache.set(name_of(i), ""));
    CHECK(stats_of(cache).records == kSmall);
    require_honest(cache, path, 256 * kMiB);
    const std::uint64_t large = mapped_in_large_pages();
    const std::uint64_t records = (stats_of(cache).segment_bytes + kLargePage - 1) / kLargePage * kLargePage;
    std::cout << large / kLargePage << " large pages, at most " << records / kLargePage << " of them behind records\n";
    int present = 0;
    for (int i = 0; i < kSmall; ++i) present += value_of(cache, name_of(i)).empty();
    CHECK(present == kSmall);
    if (has_large_pages()) CHECK(large > records);
    REQUIRE_OK(cache.resize(16 * kMiB));
    require_honest(cache, path, 16 * kMiB);
}

TEST_CASE("small caches, and handles that do not want them, ask for no large pages") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    const bool large_pages = GENERATE(true, false);
    Cache cache = opened(Cache::create(path, with_pages(large_pages ? 128 * kMiB : 256 * kMiB, large_pages)));
    fill_up(cache, 0, kMany);
    require_all_of(cache, kMany);
    require_honest(cache, path, 256 * kMiB);
    CHECK(mapped_in_large_pages() == 0);
}

TEST_CASE("a cache in large pages gives its space back, and takes it again") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache cache = opened(Cache::create(path, with_pages(256 * kMiB)));
    Cache other = opened(Cache::open(path));
    for (int round = 0; round < 2; ++round) {
        fill_up(cache, 0, kMany);
        require_all_of(other, kMany);
        REQUIRE_OK(other.resize(16 * kMiB));
        require_honest(cache, path, 16 * kMiB);
        CHECK(stats_of(other).records > 0);
        REQUIRE_OK(cache.resize(256 * kMiB));
    }
    fill_up(other, kMany, kMany / 2);
    require_honest(other, path, 256 * kMiB);
}

TEST_CASE("who reads meanwhile sees whole values") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache cache = opened(Cache::create(path, with_pages(256 * kMiB)));
    fill_up(cache, 0, 1000);
    Options mixed = with_pages(256 * kMiB, false);
    Cache other = opened(Cache::open(path, mixed));
    // Two handles take turns, so that parts of a page are in use before it becomes large.
    for (int i = 1000; i < kMany; ++i) {
        Cache& writer = i % 3 == 0 ? cache : other;
        REQUIRE_OK(writer.set(name_of(i), filling_of(i)));
        const int seen = i - i % 997;
        REQUIRE((value_of(i % 2 == 0 ? cache : other, name_of(seen)) == filling_of(seen)));
    }
    require_all_of(other, kMany);
    require_honest(cache, path, 256 * kMiB);
}
