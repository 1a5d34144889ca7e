// Files without the incompatible features (each shard's buckets lie together, and no words are displaced), as the first files of
// the format, work as those that have them.
#include "tests/support/check.hpp"
#include "tests/support/identity.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/temporary_directory.hpp"

#include "engine/format/header.hpp"

#include <string>

using namespace larder;
using namespace larder::tests;

namespace {

/// So many that a shard has buckets in the second row.
constexpr int kMany = 220'000;

std::string key_of(int number) { return "key " + std::to_string(number); }
std::string content_of(int number) { return std::to_string(number) + " and some more"; }

Options eight_shards() {
    Options options;
    options.capacity = 32 * kMiB;
    options.shards = 8;
    options.max_processes = 8;
    return options;
}

// What creates a file makes no other than new ones, so this is one with nothing in it yet: the layout is all that is told of it.
std::string file_of(const TemporaryDirectory& directory, bool striped) {
    const std::string path = directory.file("c");
    REQUIRE_OK(opened(Cache::create(path, eight_shards())).close());
    if (!striped) rewrite_identity(path, [](auto& header) { header.incompatible_features = 0; });
    return path;
}

void require_all(const Cache& cache) {
    int present = 0;
    for (int i = 0; i < kMany; ++i) present += value_of(cache, key_of(i)) == content_of(i);
    CHECK(present == kMany);
    CHECK(stats_of(cache).records == kMany);
}

}  // namespace

TEST_CASE("a cache grows, shrinks, is repaired and recovered in either layout of the index") {
    const bool striped = GENERATE(true, false);
    INFO("striped: " << striped);
    TemporaryDirectory directory;
    const std::string path = file_of(directory, striped);
    Cache cache = opened(Cache::open(path));
    for (int i = 0; i < kMany; ++i) REQUIRE_OK(cache.set(key_of(i), content_of(i)));
    require_all(cache);
    require_clean(cache);
    const Result<Repair> repair = cache.repair();
    REQUIRE_OK(repair.status());
    CHECK(repair->records == kMany);
    REQUIRE_OK(cache.close());

    Options options;
    options.recovery = Recovery::always;
    cache = opened(Cache::open(path, options));
    require_all(cache);
    require_clean(cache);
    for (int i = 0; i < kMany; ++i) REQUIRE_OK(cache.remove(key_of(i)));
    REQUIRE_OK(cache.resize(8 * kMiB));
    CHECK(stats_of(cache).records == 0);
    require_clean(cache);
    for (int i = 0; i < kMany; i += 10) REQUIRE_OK(cache.set(key_of(i), content_of(i)));
    for (int i = 0; i < kMany; i += 10) REQUIRE((value_of(cache, key_of(i)) == content_of(i)));
    require_clean(cache);
}

TEST_CASE("a library that does not know the layout would refuse the file") {
    TemporaryDirectory directory;
    const std::string bytes = read_file(file_of(directory, true)).substr(0, sizeof(format::FileHeader));
    CHECK(reinterpret_cast<const format::FileHeader*>(bytes.data())->incompatible_features ==
          (format::kStripedIndex | format::kDisplacedWords));
}
