// A reader is held up at a fault point after it has looked for a key in its chain, while the key's record, which another key's
// word has displaced, goes back to the chain that the reader has left. It must find the record all the same (INV-19).
#include "engine/platform/fault_point.hpp"

#include "tests/support/check.hpp"
#include "tests/support/colliding_keys.hpp"
#include "tests/support/temporary_directory.hpp"

#if defined(LARDER_FAULT_POINTS)

#include <cstring>
#include <functional>
#include <string>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

std::function<void()> before_displaced;
int times_there = 0;

void do_once_there(const char* name) {
    if (std::strcmp(name, "read.displaced") != 0) return;
    if (times_there++ == 0) before_displaced();
}

struct Hidden {
    Hidden() {
        Options options;
        options.capacity = std::uint64_t{1} << 20U;
        options.shards = 1;
        options.hash_seed = 4711;
        reader = opened(Cache::create(directory.file("cache"), options));
        writer = opened(Cache::open(directory.file("cache"), options));
        keys = colliding_keys(4711, 2);
        REQUIRE_OK(writer.set(keys[0], "first"));
        REQUIRE_OK(writer.set(keys[1], "second"));
    }
    // Of the key whose record is hidden, while somebody does this.
    std::string read_during(const std::function<void()>& deed) {
        before_displaced = deed;
        times_there = 0;
        platform::set_fault_hook(do_once_there);
        std::string value = value_of(reader, keys[0]);
        platform::set_fault_hook(nullptr);
        CHECK(times_there > 0);
        return value;
    }
    // Anything but a common set.
    void settle() { (void)writer.remove("nobody"); }

    TemporaryDirectory directory;
    Cache reader;
    Cache writer;
    std::vector<std::string> keys;
};

}  // namespace

TEST_CASE("a reader that comes too late for a displaced record finds where it has gone") {
    Hidden hidden;
    SECTION("nothing happens") {
        CHECK(hidden.read_during([] {}) == "first");
        CHECK(times_there == 1);
    }
    SECTION("it goes back to its chain") {
        CHECK(hidden.read_during([&] { hidden.settle(); }) == "first");
        CHECK(times_there == 2);
    }
    SECTION("its key is set anew") {
        CHECK(hidden.read_during([&] { REQUIRE_OK(hidden.writer.set(hidden.keys[0], "third")); }) == "first");
    }
    SECTION("its key is set anew, and all is settled") {
        CHECK(hidden.read_during([&] {
            REQUIRE_OK(hidden.writer.set(hidden.keys[0], "third"));
            hidden.settle();
        }) == "third");
    }
    SECTION("its key is removed") {
        CHECK(hidden.read_during([&] { REQUIRE_OK(hidden.writer.remove(hidden.keys[0])); }) == "<not_found>");
    }
    SECTION("the other key is removed") {
        CHECK(hidden.read_during([&] { REQUIRE_OK(hidden.writer.remove(hidden.keys[1])); }) == "first");
    }
    require_clean(hidden.writer);
}

#endif
