// Versions: one for each write of a key, never used again, whatever happens in between.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <set>

using namespace larder;
using namespace larder::tests;

namespace {

/// Remembers every version that the key ever had.
class Versions {
  public:
    void require_new(std::uint64_t version) {
        INFO("version " << version);
        REQUIRE(version != 0);
        REQUIRE(seen_.insert(version).second);
    }

  private:
    std::set<std::uint64_t> seen_;
};

struct VersionFixture {
    TemporaryDirectory directory;
    Options options = [] {
        Options small;
        small.capacity = 1U << 20U;
        return small;
    }();
    Cache cache = opened(Cache::create(directory.file("c"), options));
    Versions versions;

    void reopen() {
        REQUIRE_OK(cache.close());
        cache = opened(Cache::open(directory.file("c")));
    }
    /// Writes until the key is gone.
    void evict(std::string_view key) {
        for (int i = 0; cache.contains(key).ok(); ++i) {
            REQUIRE(i < 100'000);
            REQUIRE_OK(cache.set("filler " + std::to_string(i), std::string(1000, 'f')));
        }
    }
};

}  // namespace

TEST_CASE_METHOD(VersionFixture, "each kind of write gives a version of its own") {
    std::uint64_t version = 0;
    REQUIRE_OK(cache.set("key", "1", {}, &version));
    versions.require_new(version);
    REQUIRE_OK(cache.set("key", "1", {}, &version));
    versions.require_new(version);
    REQUIRE_OK(cache.replace("key", "1", {}, &version));
    versions.require_new(version);
    REQUIRE_OK(cache.compare_and_swap("key", "1", version, {}, &version));
    versions.require_new(version);
    REQUIRE_OK(cache.increment("key"));
    versions.require_new(version_of(cache, "key"));
    REQUIRE_OK(cache.decrement("key"));
    versions.require_new(version_of(cache, "key"));
    REQUIRE_OK(cache.append("key", "1"));
    versions.require_new(version_of(cache, "key"));
    REQUIRE_OK(cache.prepend("key", "1"));
    versions.require_new(version_of(cache, "key"));
    const Write writes[]{{"key", "a"}, {"key", "b"}};
    Status statuses[2];
    REQUIRE(cache.set_many(writes, statuses) == 2);
    versions.require_new(version_of(cache, "key"));
    REQUIRE_OK(cache.remove("key"));
    REQUIRE_OK(cache.add("key", "1", {}, &version));
    versions.require_new(version);
    REQUIRE_OK(cache.clear());
    REQUIRE_OK(cache.increment("key"));
    versions.require_new(version_of(cache, "key"));
}

TEST_CASE_METHOD(VersionFixture, "the version is the same from each way to read it") {
    std::uint64_t version = 0;
    REQUIRE_OK(cache.set("key", "value", {}, &version));
    std::string value;
    RecordInfo info;
    REQUIRE_OK(cache.get("key", value, &info));
    CHECK(info.version == version);
    CHECK(version_of(cache, "key") == version);
    const std::string_view keys[]{"key"};
    Lookup answers[1];
    REQUIRE(cache.get_many(keys, answers, true) == 1);
    CHECK(answers[0].info.version == version);
    REQUIRE(cache.get_many(keys, answers, false) == 1);
    CHECK(answers[0].info.version == 0);
    REQUIRE_OK(cache.for_each({}, [&](const RecordView& record) {
        CHECK(record.info.version == version);
        return true;
    }));
    REQUIRE_OK(cache.get_and_touch("key", Ttl::keep(), value, &info));
    CHECK(info.version == version);
}

TEST_CASE_METHOD(VersionFixture, "touch keeps the version") {
    std::uint64_t version = 0;
    REQUIRE_OK(cache.set("key", "value", {}, &version));
    REQUIRE_OK(cache.touch("key", Ttl::after(std::chrono::hours(1))));
    CHECK(version_of(cache, "key") == version);
    std::string value;
    REQUIRE_OK(cache.get_and_touch("key", Ttl::never(), value));
    CHECK(version_of(cache, "key") == version);
    REQUIRE_OK(cache.compare_and_swap("key", "swapped", version));
}

TEST_CASE_METHOD(VersionFixture, "writes that fail leave the version") {
    std::uint64_t version = 0;
    REQUIRE_OK(cache.set("key", "value", {}, &version));
    CHECK_CODE(cache.add("key", "v"), Code::exists);
    CHECK_CODE(cache.compare_and_swap("key", "v", version + 1), Code::version_mismatch);
    CHECK_CODE(cache.increment("key"), Code::not_a_number);
    CHECK_CODE(cache.set("key", std::string(1U << 20U, 'v')), Code::too_large);
    CHECK(version_of(cache, "key") == version);
}

TEST_CASE_METHOD(VersionFixture,
                 "versions survive reopening and are not used again after removal, eviction, expiry and clear()") {
    std::uint64_t version = 0;
    for (int round = 0; round < 20; ++round) {
        REQUIRE_OK(cache.add("key", "value", {}, &version));
        versions.require_new(version);
        reopen();
        REQUIRE(version_of(cache, "key") == version);
        REQUIRE_OK(cache.set("key", "again", {}, &version));
        versions.require_new(version);
        if (round % 4 == 0) REQUIRE_OK(cache.remove("key"));
        if (round % 4 == 1) evict("key");
        if (round % 4 == 2) REQUIRE_OK(cache.clear());
        if (round % 4 == 3) REQUIRE_OK(cache.touch("key", Ttl::after(std::chrono::milliseconds(0))));
        if (round % 3 == 0) reopen();
        REQUIRE(cache.contains("key").code() == Code::not_found);
    }
}

TEST_CASE_METHOD(VersionFixture, "a record that was moved to be kept has the version it had") {
    std::uint64_t version = 0;
    REQUIRE_OK(cache.set("key", "value", {}, &version));
    std::string value;
    RecordInfo info;
    for (int i = 0; i < 20'000; ++i) {
        REQUIRE_OK(cache.set("filler " + std::to_string(i), std::string(500, 'f')));
        if (!cache.get("key", value, &info).ok()) break;
        REQUIRE(info.version == version);
        REQUIRE(value == "value");
    }
    CHECK(stats_of(cache).counters.moved > 0);
}
