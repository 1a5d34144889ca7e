// Sets displace words before they know whose they are (engine/cache/displaced.hpp). Nobody may notice.
#include "engine/format/header.hpp"
#include "engine/region/region.hpp"
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/colliding_keys.hpp"
#include "tests/support/identity.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint64_t kSeed = 4711;

Options one_shard() {
    Options options;
    options.capacity = 4 * kMiB;
    options.shards = 1;
    options.max_processes = 8;
    options.hash_seed = kSeed;
    options.flush_on_close = false;
    return options;
}

// How many words are displaced in the file's only shard.
std::size_t displaced_in(const std::string& path) {
    const region::Region region = look_into(path);
    std::size_t count = 0;
    for (const auto& displaced : region.shard(0).displaced) count += !format::is_empty(displaced.word.load());
    return count;
}

// Three keys of which each set displaces another's record.
struct Twins {
    TemporaryDirectory directory;
    std::string path = directory.file("c");
    Cache cache = opened(Cache::create(path, one_shard()));
    std::vector<std::string> keys = colliding_keys(kSeed, 3);

    /// Keeps the second key's value where no slot leads to it.
    void hide_second() {
        REQUIRE_OK(cache.set(keys[1], "second"));
        REQUIRE_OK(cache.set(keys[0], "first"));
        REQUIRE(displaced_in(path) == 1);
    }
};

std::set<std::string> keys_of(const Cache& cache) {
    std::set<std::string> keys;
    REQUIRE_OK(cache.for_each({}, [&keys](const RecordView& record) {
        CHECK(keys.emplace(record.key).second);
        return true;
    }));
    return keys;
}

}  // namespace

TEST_CASE("overwritten words gather, and are settled together") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache cache = opened(Cache::create(path, one_shard()));
    for (int i = 0; i < 20; ++i) REQUIRE_OK(cache.set("key " + std::to_string(i), "before"));
    for (unsigned i = 0; i < 20; ++i) {
        const std::string key = "key " + std::to_string(i);
        REQUIRE_OK(cache.set(key, "after"));
        CHECK(displaced_in(path) == i % format::kDisplacedWordsPerShard + 1);
        CHECK(value_of(cache, key) == "after");
    }
    const Stats stats = stats_of(cache);
    CHECK(displaced_in(path) == 0);
    CHECK(stats.counters.replaced == 20);
    CHECK(stats.dead_bytes == 20 * 24);
    require_accounts_balance(stats);
    require_clean(cache);
}

TEST_CASE("a record that another key's word displaced is found in every way") {
    Twins twins;
    twins.hide_second();
    Cache& cache = twins.cache;
    CHECK(value_of(cache, twins.keys[1]) == "second");
    CHECK(value_of(cache, twins.keys[0]) == "first");
    CHECK_CODE(cache.get(twins.keys[2]), Code::not_found);
    CHECK_CODE(cache.contains(twins.keys[1]), Code::ok);
    CHECK(version_of(cache, twins.keys[1]) != version_of(cache, twins.keys[0]));
    std::array<std::string_view, 3> keys{twins.keys[0], twins.keys[1], twins.keys[2]};
    std::vector<Lookup> answers(3);
    CHECK(cache.get_many(keys, answers) == 2);
    CHECK(answers[1].value == "second");
    CHECK(keys_of(cache) == std::set<std::string>{twins.keys[0], twins.keys[1]});
    // One that may not write sees it as well, and finds nothing wrong.
    Options options;
    options.read_only = true;
    const Cache reader = opened(Cache::open(twins.path, options));
    CHECK(value_of(reader, twins.keys[1]) == "second");
    CHECK(keys_of(reader).size() == 2);
    const Result<Verification> verification = reader.verify();
    REQUIRE_OK(verification.status());
    CHECK(verification->problems.empty());
    CHECK(verification->records == 2);
    CHECK(displaced_in(twins.path) == 1);
    // None of it was a write to the shard. This is one.
    require_clean(cache);
    CHECK(displaced_in(twins.path) == 0);
    const Stats stats = stats_of(cache);
    CHECK(stats.records == 2);
    CHECK(stats.counters.replaced == 0);
    require_accounts_balance(stats);
    CHECK(value_of(cache, twins.keys[1]) == "second");
}

TEST_CASE("what is done to a hidden record, or to the one that hides it, is done to that alone") {
    Twins twins;
    Cache& cache = twins.cache;
    twins.hide_second();
    SECTION("the hidden one is removed") {
        REQUIRE_OK(cache.remove(twins.keys[1]));
        CHECK_CODE(cache.get(twins.keys[1]), Code::not_found);
        CHECK(value_of(cache, twins.keys[0]) == "first");
    }
    SECTION("the other one is removed") {
        REQUIRE_OK(cache.remove(twins.keys[0]));
        CHECK_CODE(cache.get(twins.keys[0]), Code::not_found);
        CHECK(value_of(cache, twins.keys[1]) == "second");
    }
    SECTION("the hidden one is set again, and removed") {
        REQUIRE_OK(cache.set(twins.keys[1], "third"));
        CHECK(value_of(cache, twins.keys[1]) == "third");
        CHECK(value_of(cache, twins.keys[0]) == "first");
        REQUIRE_OK(cache.remove(twins.keys[1]));
        CHECK_CODE(cache.get(twins.keys[1]), Code::not_found);
        CHECK(value_of(cache, twins.keys[0]) == "first");
    }
    SECTION("the hidden one is appended to") {
        REQUIRE_OK(cache.append(twins.keys[1], " and more"));
        CHECK(value_of(cache, twins.keys[1]) == "second and more");
    }
    require_clean(cache);
    require_accounts_balance(stats_of(cache));
}

TEST_CASE("keys that displace each other in any order read as what was set last") {
    SHOW_SEED();
    Twins twins;
    Random random(seed());
    std::map<std::string, std::string> model;
    std::vector<std::string> keys = twins.keys;
    for (int i = 0; i < 12; ++i) keys.push_back("other " + std::to_string(i));
    for (int i = 0; i < 20'000; ++i) {
        // Mostly sets: what is displaced is to be displaced again before anybody settles it.
        const std::string& key = keys[random.below(random.below(3) == 0 ? keys.size() : twins.keys.size())];
        if (random.below(40) == 0) {
            CHECK_CODE(twins.cache.remove(key), model.erase(key) != 0 ? Code::ok : Code::not_found);
        } else {
            model[key] = std::to_string(i) + std::string(random.below(50), 'v');
            REQUIRE_OK(twins.cache.set(key, model[key]));
        }
        for (const std::string& each : twins.keys) {
            const auto stored = model.find(each);
            REQUIRE(value_of(twins.cache, each) == (stored != model.end() ? stored->second : "<not_found>"));
        }
        if (random.below(100) != 0) continue;
        CHECK(keys_of(twins.cache).size() == model.size());
        if (random.below(10) == 0) require_clean(twins.cache);
    }
    require_clean(twins.cache);
    require_accounts_balance(stats_of(twins.cache));
    CHECK(stats_of(twins.cache).records == model.size());
}

TEST_CASE("a hidden record outlives its process, a flush, a recovery, and a growing index") {
    Twins twins;
    twins.hide_second();
    const auto check = [&](const Cache& cache) {
        CHECK(value_of(cache, twins.keys[0]) == "first");
        CHECK(value_of(cache, twins.keys[1]) == "second");
    };
    SECTION("its process") {
        REQUIRE_OK(twins.cache.close());
        REQUIRE(displaced_in(twins.path) == 1);
        const Cache cache = opened(Cache::open(twins.path));
        check(cache);
        require_clean(cache);
    }
    SECTION("a flush, after which none is left") {
        REQUIRE_OK(twins.cache.flush());
        CHECK(displaced_in(twins.path) == 0);
        check(twins.cache);
    }
    SECTION("a recovery") {
        // Of two records, one is hidden and one was overwritten.
        REQUIRE_OK(twins.cache.set(twins.keys[0], "first"));
        REQUIRE_OK(twins.cache.close());
        REQUIRE(displaced_in(twins.path) == 2);
        Options options;
        options.recovery = Recovery::always;
        const Cache cache = opened(Cache::open(twins.path, options));
        CHECK(displaced_in(twins.path) == 0);
        check(cache);
        require_clean(cache);
    }
    SECTION("a growing index") {
        for (int i = 0; i < 5000; ++i) {
            REQUIRE_OK(twins.cache.set("filler " + std::to_string(i), "f"));
            if (i % 100 == 0) check(twins.cache);
        }
        check(twins.cache);
        require_clean(twins.cache);
    }
}

TEST_CASE("a recovery knows which record of a key was set last, whatever queues they are in") {
    SHOW_SEED();
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Options options = one_shard();
    options.capacity = kMiB;
    options.reservation = kMiB;
    options.segment_size = 32U << 10U;
    Cache cache = opened(Cache::create(path, options));
    const std::vector<std::string> keys = colliding_keys(kSeed, 2);
    Random random(seed());
    int compared = 0;
    for (std::uint64_t i = 0; i < iterations(1500); ++i) {
        for (std::uint64_t n = random.below(30); n > 0; --n)
            (void)cache.set("filler " + std::to_string(random.below(3000)), std::string(random.below(1500), 'f'));
        for (int n = 0; n < 4; ++n) (void)cache.get(keys[0]);
        (void)cache.remove(keys[1]);
        REQUIRE_OK(cache.set(keys[0], "old " + std::to_string(i)));
        REQUIRE_OK(cache.set(keys[1], "it hides the old one"));
        // So long that it may not fit where the old one's queue goes on.
        const std::string value = "new " + std::to_string(i) + std::string(1000 + random.below(1000), 'n');
        REQUIRE_OK(cache.set(keys[0], value));
        if (random.below(4) != 0 || value_of(cache, keys[0]) != value) continue;
        write_file(directory.file("copy"), read_file(path));
        options.recovery = Recovery::always;
        REQUIRE(value_of(opened(Cache::open(directory.file("copy"), options)), keys[0]) == value);
        ++compared;
    }
    CHECK(compared > 20);
}

TEST_CASE("a hidden value in fragments is whole or gone, whatever is evicted") {
    SHOW_SEED();
    Twins twins;
    Random random(seed());
    std::string large;
    int hidden = 0;
    for (int i = 0; i < 30'000; ++i) {
        if (i % 50 == 0) {
            large = std::string(60'000 + random.below(30'000), static_cast<char>('a' + i % 26));
            REQUIRE_OK(twins.cache.set(twins.keys[1], large));
        }
        (void)twins.cache.remove(twins.keys[0]);
        REQUIRE_OK(twins.cache.set(twins.keys[0], std::to_string(i)));
        hidden += displaced_in(twins.path) != 0;
        // Evicts all the time.
        REQUIRE_OK(twins.cache.set("filler " + std::to_string(i), std::string(1000, 'f')));
        const Result<std::string> value = twins.cache.get(twins.keys[1]);
        REQUIRE((value.code() == Code::not_found || *value == large));
    }
    CHECK(hidden > 100);
    require_clean(twins.cache);
    require_accounts_balance(stats_of(twins.cache));
}

TEST_CASE("a file without displaced words gets none") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    REQUIRE_OK(opened(Cache::create(path, one_shard())).close());
    rewrite_identity(path, [](auto& header) { header.incompatible_features &= ~format::kDisplacedWords; });
    Cache cache = opened(Cache::open(path));
    const std::vector<std::string> keys = colliding_keys(kSeed, 3);
    for (int i = 0; i < 300; ++i) {
        const std::string& key = keys[static_cast<std::size_t>(i) % 3];
        REQUIRE_OK(cache.set(key, std::to_string(i)));
        CHECK(displaced_in(path) == 0);
        CHECK(value_of(cache, key) == std::to_string(i));
    }
    require_clean(cache);
}
