// A reader is held up at a fault point after it has looked for a key in its chain, while the key's record, which another key's
// word has displaced, goes back to the chain that the reader has left. It must find the record all the same (INV-19).
#include "engine/platform/fault_point.hpp"

#include "engine/format/hash.hpp"
#include "engine/format/slot.hpp"
#include "tests/support/check.hpp"
#include "tests/support/colliding_keys.hpp"
#include "tests/support/temporary_directory.hpp"

#if defined(LARDER_FAULT_POINTS)

#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

// What is done at a fault point, and how often it was come to.
std::string hooked_point;
std::function<void()> deed_there;
int times_there = 0;

void do_once_there(const char* name) {
    if (hooked_point != name) return;
    if (times_there++ == 0) deed_there();
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
        hooked_point = "read.displaced";
        deed_there = deed;
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

// Fills the bucket of a key that is there, and the capacity: no bucket more can be had.
void use_up(Cache& cache, const std::string& key) {
    const format::KeyHash hash_of(99);
    std::set<std::uint64_t> tags{0, format::tag_from_hash(hash_of(key))};
    for (int i = 0; tags.size() < 9; ++i) {
        const std::string other = "fill " + std::to_string(i);
        const std::uint64_t hash = hash_of(other);
        if ((hash ^ hash_of(key)) % 256 == 0 && tags.insert(format::tag_from_hash(hash)).second)
            REQUIRE_OK(cache.set(other, "f"));
    }
    for (int i = 0; i < 60; ++i) {
        const std::string other = "big " + std::to_string(i);
        if ((hash_of(other) ^ hash_of(key)) % 64 != 0) REQUIRE_OK(cache.set(other, std::string(30'000, 'b')));
    }
    (void)cache.remove("nobody");
    REQUIRE_OK(cache.resize(stats_of(cache).committed_bytes));
}

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

TEST_CASE("no older value is read while a hidden record is evicted for want of a bucket") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = std::uint64_t{4} << 20U;
    options.shards = 1;
    options.segment_size = 64U << 10U;
    options.hash_seed = 99;
    Cache writer = opened(Cache::create(directory.file("cache"), options));
    const Cache reader = opened(Cache::open(directory.file("cache"), options));
    const std::vector<std::string> keys = colliding_keys(99, 2);
    REQUIRE_OK(writer.set(keys[0], "0"));
    use_up(writer, keys[0]);
    REQUIRE_OK(writer.set(keys[1], "x"));
    REQUIRE_OK(writer.set(keys[0], "1"));
    REQUIRE_OK(writer.set(keys[1], "y"));
    REQUIRE(value_of(reader, keys[0]) == "1");
    std::string met;
    hooked_point = "displaced.forgotten";
    deed_there = [&] {
        times_there = 0;
        met += value_of(reader, keys[0]) + " ";
    };
    times_there = 0;
    platform::set_fault_hook(do_once_there);
    (void)writer.remove("nobody");
    platform::set_fault_hook(nullptr);
    INFO(met);
    CHECK(met.find("<not_found>") != std::string::npos);
    CHECK(met.find('0') == std::string::npos);
    CHECK(value_of(reader, keys[0]) == "<not_found>");
    CHECK(value_of(reader, keys[1]) == "y");
    require_clean(writer);
}

#endif
