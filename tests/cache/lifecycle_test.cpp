// Create, open, close, move: the life of a handle and of its file.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <sys/stat.h>

using namespace larder;
using namespace larder::tests;

TEST_CASE("a new cache is empty and open") {
    TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    CHECK(cache.is_open());
    CHECK(cache.path() == directory.file("c"));
    CHECK_CODE(cache.contains("a"), Code::not_found);
    const Stats stats = stats_of(cache);
    CHECK(stats.records == 0);
    CHECK(stats.record_bytes == 0);
    CHECK(stats.capacity == std::uint64_t{64} << 20U);
    CHECK(stats.reservation == std::uint64_t{256} << 20U);
    CHECK(stats.oldest_ms == 0);
    require_clean(cache);
}

TEST_CASE("creation leaves nothing but the file") {
    TemporaryDirectory directory;
    REQUIRE_OK(Cache::create(directory.file("c")));
    CHECK(count_files(directory.path()) == 1);
}

TEST_CASE("create() does not touch a file that is there") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    SECTION("a cache") {
        Options options;
        options.capacity = options.reservation = 2U << 20U;
        auto cache = opened(Cache::create(path, options));
        REQUIRE_OK(cache.set("key", "value"));
        REQUIRE_OK(cache.close());
    }
    SECTION("not a cache") { write_file(path, "not ours"); }
    SECTION("nothing in it") { write_file(path, ""); }
    const auto before = read_file(path);
    CHECK_CODE(Cache::create(path), Code::exists);
    CHECK(read_file(path) == before);
    CHECK(count_files(directory.path()) == 1);
}

TEST_CASE("what was stored is there after each way to open") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    WriteOptions with_flags;
    with_flags.flags = 0xdeadbeefU;
    std::uint64_t version = 0;
    {
        auto cache = opened(Cache::create(path));
        REQUIRE_OK(cache.set("key", "value", with_flags, &version));
    }
    Options options;
    auto check = [&](const Cache& cache) {
        std::string value;
        RecordInfo info;
        REQUIRE_OK(cache.get("key", value, &info));
        CHECK(value == "value");
        CHECK(info.flags == 0xdeadbeefU);
        CHECK(info.version == version);
        CHECK(info.value_size == 5);
        CHECK(info.expires_at_ms == 0);
    };
    SECTION("open") { check(opened(Cache::open(path))); }
    SECTION("open_or_create") { check(opened(Cache::open_or_create(path))); }
    SECTION("read-only") {
        options.read_only = true;
        check(opened(Cache::open(path, options)));
    }
    SECTION("open_or_create, read-only") {
        options.read_only = true;
        check(opened(Cache::open_or_create(path, options)));
    }
    SECTION("refusing recovery, which is not needed") {
        options.recovery = Recovery::refuse;
        check(opened(Cache::open(path, options)));
    }
    for (const auto read_check : {ReadCheck::always, ReadCheck::never}) {
        options.read_check = read_check;
        check(opened(Cache::open(path, options)));
    }
}

TEST_CASE("options of creation are ignored for a file that exists") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    Options options;
    options.capacity = 8U << 20U;
    options.shards = 4;
    auto cache = opened(Cache::create(path, options));
    REQUIRE_OK(cache.set("key", "value"));
    REQUIRE_OK(cache.close());
    options.capacity = 32U << 20U;
    options.shards = 8;
    auto again = opened(Cache::open_or_create(path, options));
    CHECK(stats_of(again).capacity == 8U << 20U);
    CHECK(stats_of(again).shards == 4);
    CHECK(value_of(again, "key") == "value");
}

TEST_CASE("geometry is what was asked for") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = 32U << 20U;
    options.reservation = 100U << 20U;
    options.shards = 2;
    options.segment_size = 256U << 10U;
    options.expected_records = 100'000;
    auto cache = opened(Cache::create(directory.file("c"), options));
    const Stats stats = stats_of(cache);
    CHECK(stats.capacity == 32U << 20U);
    CHECK(stats.reservation == 100U << 20U);
    CHECK(stats.shards == 2);
    CHECK(stats.segment_size == 256U << 10U);
    CHECK(stats.slots >= 100'000);
    CHECK(cache.max_value_size() == 4U << 20U);
}

TEST_CASE("the file's mode is what was asked for, whatever the umask") {
    TemporaryDirectory directory;
    const auto mask = ::umask(077);
    Options options;
    SECTION("the default") {}
    SECTION("wider than the umask") { options.file_mode = 0664; }
    SECTION("narrower") { options.file_mode = 0400; }
    auto result = Cache::create(directory.file("c"), options);
    ::umask(mask);
    REQUIRE_OK(result);
    struct stat status {};
    REQUIRE(::stat(directory.file("c").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == options.file_mode);
    CHECK(S_ISREG(status.st_mode));
}

TEST_CASE("closing twice is ok, and a closed handle can be assigned to") {
    TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    REQUIRE_OK(cache.set("key", "value"));
    REQUIRE_OK(cache.close());
    CHECK_FALSE(cache.is_open());
    REQUIRE_OK(cache.close());
    cache = opened(Cache::open(directory.file("c")));
    CHECK(cache.is_open());
    CHECK(value_of(cache, "key") == "value");
}

TEST_CASE("a move hands the cache over") {
    TemporaryDirectory directory;
    auto first = opened(Cache::create(directory.file("one")));
    REQUIRE_OK(first.set("key", "one"));
    Cache moved(std::move(first));
    CHECK(moved.is_open());
    CHECK(value_of(moved, "key") == "one");
    auto second = opened(Cache::create(directory.file("two")));
    REQUIRE_OK(second.set("key", "two"));
    second = std::move(moved);
    CHECK(value_of(second, "key") == "one");
    CHECK(value_of(opened(Cache::open(directory.file("two"))), "key") == "two");
}

TEST_CASE("reopening again and again keeps everything and leaks no place in the process table") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = 4U << 20U;
    options.max_processes = 8;
    for (int round = 0; round < 100; ++round) {
        auto cache = opened(Cache::open_or_create(directory.file("c"), options));
        REQUIRE_OK(cache.set("key " + std::to_string(round), std::to_string(round)));
        for (int earlier = 0; earlier <= round; ++earlier) {
            REQUIRE(value_of(cache, "key " + std::to_string(earlier)) == std::to_string(earlier));
        }
        if (round % 2 == 0) REQUIRE_OK(cache.close());
    }
    require_clean(opened(Cache::open(directory.file("c"))));
}

TEST_CASE("a clean close sets a mark that spares recovery") {
    TemporaryDirectory directory;
    REQUIRE_OK(opened(Cache::create(directory.file("c"))).close());
    bool recovered = false;
    Options options;
    options.on_recovery_progress = [&](const RecoveryProgress&) { recovered = true; };
    auto cache = opened(Cache::open(directory.file("c"), options));
    CHECK_FALSE(recovered);
    CHECK(stats_of(cache).recoveries == 0);
}

TEST_CASE("flush_on_close only says who writes to disk, not what is kept") {
    TemporaryDirectory directory;
    Options options;
    options.flush_on_close = false;
    {
        auto cache = opened(Cache::create(directory.file("c"), options));
        REQUIRE_OK(cache.set("key", "value"));
    }
    CHECK(value_of(opened(Cache::open(directory.file("c"), options)), "key") == "value");
}
