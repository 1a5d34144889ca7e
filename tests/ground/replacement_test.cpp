// The name of the file comes to lead elsewhere, or nowhere: handles keep what they opened.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdio>

#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

Options replaceable() {
    Options options;
    options.capacity = std::uint64_t{1} << 20;
    return options;
}

}  // namespace

TEST_CASE("handles on a deleted file go on together, and its name is free") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache first = opened(Cache::create(path, replaceable()));
    Cache second = opened(Cache::open(path));
    REQUIRE_OK(first.set("key", "old"));
    REQUIRE(::unlink(path.c_str()) == 0);
    CHECK_CODE(Cache::open(path), Code::no_such_file);
    REQUIRE_OK(first.set("more", "old"));
    CHECK(value_of(second, "more") == "old");

    Cache third = opened(Cache::open_or_create(path, replaceable()));
    CHECK(value_of(third, "key") == "<not_found>");
    REQUIRE_OK(third.set("key", "new"));
    CHECK(value_of(first, "key") == "old");
    for (int i = 0; i < 3000; ++i) REQUIRE_OK(first.set("key " + std::to_string(i), std::string(900, 'x')));
    CHECK(value_of(third, "key") == "new");
    require_clean(second);
    REQUIRE_OK(first.flush());
    REQUIRE_OK(first.close());
    REQUIRE_OK(second.close());
    REQUIRE_OK(third.close());
    CHECK(value_of(opened(Cache::open(path)), "key") == "new");
}

TEST_CASE("handles on a file that another was renamed over keep theirs") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache old = opened(Cache::create(path, replaceable()));
    REQUIRE_OK(old.set("key", "old"));
    {
        Cache fresh = opened(Cache::create(directory.file("fresh"), replaceable()));
        REQUIRE_OK(fresh.set("key", "new"));
    }
    REQUIRE(std::rename(directory.file("fresh").c_str(), path.c_str()) == 0);
    CHECK(value_of(old, "key") == "old");
    Cache now = opened(Cache::open(path));
    CHECK(value_of(now, "key") == "new");
    REQUIRE_OK(old.set("key", "older"));
    CHECK(value_of(now, "key") == "new");
    require_clean(old);
    require_clean(now);
    REQUIRE_OK(old.close());
    CHECK(value_of(now, "key") == "new");
}

TEST_CASE("a file that is no cache, renamed over one, is refused and harms no handle") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache old = opened(Cache::create(path, replaceable()));
    REQUIRE_OK(old.set("key", "old"));
    write_file(directory.file("letter"), "This is somebody's letter.\n");
    REQUIRE(std::rename(directory.file("letter").c_str(), path.c_str()) == 0);
    CHECK_CODE(Cache::open(path), Code::not_a_cache);
    CHECK_CODE(Cache::open_or_create(path), Code::not_a_cache);
    CHECK(value_of(old, "key") == "old");
    REQUIRE_OK(old.close());
    CHECK(read_file(path) == "This is somebody's letter.\n");
}
