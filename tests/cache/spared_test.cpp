// A set makes room by evicting, but never by evicting the value that it is to replace: should it fail, that one is still there.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace larder;
using namespace larder::tests;

namespace {

Options smallest() {
    Options options;
    options.capacity = options.reservation = std::uint64_t{1} << 20U;
    options.segment_size = 32U << 10U;
    options.shards = 1;
    return options;
}

/// Lets `key` grow old in a full cache until it is gone or `writes` have been made. True while it is there.
bool grow_old(Cache& cache, const std::string& key, int writes, int& fresh) {
    const std::string filler(700, 'f');
    for (int i = 0; i < writes; ++i) REQUIRE_OK(cache.set("filler " + std::to_string(fresh++), filler));
    return cache.contains(key).ok();
}

/// Sets that found the old value there, and then did not replace it, since they had evicted it themselves.
int lost_on_the_way(std::size_t value_bytes) {
    const TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("cache"), smallest()));
    int fresh = 0;
    int lost = 0;
    // The key is never read: it has no hits that would carry it over, and is dropped once its segment's turn has come.
    for (int round = 0; round < 600; ++round) {
        const bool there = grow_old(cache, "key", 1 + round * 37 % 1601, fresh);
        const std::uint64_t replaced = stats_of(cache).counters.replaced;
        REQUIRE_OK(cache.set("key", std::string(value_bytes, 'v')));
        if (there && stats_of(cache).counters.replaced == replaced) ++lost;
    }
    require_clean(cache);
    return lost;
}

}  // namespace

TEST_CASE("a set never evicts what it replaces") { CHECK(lost_on_the_way(900) == 0); }

TEST_CASE("a set never evicts what it replaces, in fragments") { CHECK(lost_on_the_way(100'000) == 0); }
