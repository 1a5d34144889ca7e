// get_many, set_many and remove_many: each as many calls of the single operation, duplicates and failures included.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

struct BatchFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));
};

}  // namespace

TEST_CASE_METHOD(BatchFixture, "batches of nothing do nothing") {
    CHECK(cache.get_many({}, {}) == 0);
    CHECK(cache.set_many({}, {}) == 0);
    CHECK(cache.remove_many({}, {}) == 0);
}

TEST_CASE_METHOD(BatchFixture, "get_many() answers hits, misses and duplicates in their places") {
    WriteOptions options;
    options.flags = 4;
    REQUIRE_OK(cache.set("a", "value a", options));
    REQUIRE_OK(cache.set("b", std::string(5000, 'b')));
    REQUIRE_OK(cache.set("empty", ""));
    const std::string_view keys[]{"a", "absent", "b", "a", "empty", "absent", "", "a"};
    std::vector<Lookup> answers(8);
    for (int round = 0; round < 3; ++round) {
        CHECK(cache.get_many(keys, answers, true) == 5);
        for (const std::size_t i : {0U, 3U, 7U}) {
            CHECK_CODE(answers[i].status, Code::ok);
            CHECK(answers[i].value == "value a");
            CHECK(answers[i].info.flags == 4);
            CHECK(answers[i].info.version == version_of(cache, "a"));
        }
        CHECK_CODE(answers[1].status, Code::not_found);
        CHECK_CODE(answers[2].status, Code::ok);
        CHECK(answers[2].value == std::string(5000, 'b'));
        CHECK_CODE(answers[4].status, Code::ok);
        CHECK(answers[4].value.empty());
        CHECK_CODE(answers[5].status, Code::not_found);
        CHECK_CODE(answers[6].status, Code::invalid_argument);
    }
}

TEST_CASE_METHOD(BatchFixture, "batches whose answers do not match in number do nothing") {
    REQUIRE_OK(cache.set("a", "value"));
    const std::string_view keys[]{"a", "b"};
    const Write writes[]{{"a", "new"}, {"b", "new"}};
    for (const std::size_t count : {0U, 1U, 3U}) {
        std::vector<Lookup> answers(count);
        CHECK(cache.get_many(keys, answers) == 0);
        for (const auto& answer : answers) CHECK_CODE(answer.status, Code::invalid_argument);
        std::vector<Status> statuses(count);
        CHECK(cache.set_many(writes, statuses) == 0);
        for (const auto& status : statuses) CHECK_CODE(status, Code::invalid_argument);
        statuses.assign(count, Status());
        CHECK(cache.remove_many(keys, statuses) == 0);
        for (const auto& status : statuses) CHECK_CODE(status, Code::invalid_argument);
    }
    CHECK(value_of(cache, "a") == "value");
    CHECK(stats_of(cache).records == 1);
}

TEST_CASE_METHOD(BatchFixture, "get_many() of thousands of keys finds exactly those that are there") {
    std::vector<std::string> names;
    for (int i = 0; i < 5000; ++i) names.push_back("key " + std::to_string(i));
    for (std::size_t i = 0; i < names.size(); i += 2) REQUIRE_OK(cache.set(names[i], "value of " + names[i]));
    std::vector<std::string_view> keys(names.begin(), names.end());
    std::vector<Lookup> answers(keys.size());
    CHECK(cache.get_many(keys, answers) == 2500);
    for (std::size_t i = 0; i < names.size(); ++i) {
        REQUIRE(answers[i].status.code() == (i % 2 == 0 ? Code::ok : Code::not_found));
        if (i % 2 == 0) REQUIRE(answers[i].value == "value of " + names[i]);
    }
}

TEST_CASE_METHOD(BatchFixture, "set_many() stores in order, so the last of a key stays") {
    WriteOptions options;
    options.flags = 6;
    const Write writes[]{{"a", "first"}, {"b", "only", options}, {"", "bad"}, {"a", "last"}, {std::string_view(), "bad"}};
    std::vector<Status> statuses(5, Status(Code::busy));
    CHECK(cache.set_many(writes, statuses) == 3);
    CHECK_CODE(statuses[0], Code::ok);
    CHECK_CODE(statuses[1], Code::ok);
    CHECK_CODE(statuses[2], Code::invalid_argument);
    CHECK_CODE(statuses[3], Code::ok);
    CHECK_CODE(statuses[4], Code::invalid_argument);
    CHECK(value_of(cache, "a") == "last");
    CHECK(value_of(cache, "b") == "only");
    CHECK(cache.info("b")->flags == 6);
    CHECK(cache.info("a")->flags == 0);
    CHECK(stats_of(cache).records == 2);
}

TEST_CASE_METHOD(BatchFixture, "set_many() of thousands of writes stores them all") {
    std::vector<std::string> names;
    for (int i = 0; i < 5000; ++i) names.push_back("key " + std::to_string(i % 4000));
    std::vector<std::string> values;
    for (int i = 0; i < 5000; ++i) values.push_back("value " + std::to_string(i));
    std::vector<Write> writes;
    for (std::size_t i = 0; i < names.size(); ++i) writes.push_back({names[i], values[i]});
    std::vector<Status> statuses(writes.size());
    CHECK(cache.set_many(writes, statuses) == 5000);
    CHECK(std::all_of(statuses.begin(), statuses.end(), [](const Status& status) { return status.ok(); }));
    for (std::size_t i = 0; i < 4000; ++i) {
        REQUIRE(value_of(cache, names[i]) == values[i < 1000 ? i + 4000 : i]);
    }
    CHECK(stats_of(cache).records == 4000);
    require_clean(cache);
}

TEST_CASE_METHOD(BatchFixture, "remove_many() removes each once") {
    for (const auto* key : {"a", "b", "c"}) REQUIRE_OK(cache.set(key, "v"));
    const std::string_view keys[]{"a", "absent", "a", "", "c"};
    std::vector<Status> statuses(5);
    CHECK(cache.remove_many(keys, statuses) == 2);
    CHECK_CODE(statuses[0], Code::ok);
    CHECK_CODE(statuses[1], Code::not_found);
    CHECK_CODE(statuses[2], Code::not_found);
    CHECK_CODE(statuses[3], Code::invalid_argument);
    CHECK_CODE(statuses[4], Code::ok);
    CHECK(value_of(cache, "b") == "v");
    CHECK(stats_of(cache).records == 1);
    require_clean(cache);
}

TEST_CASE_METHOD(BatchFixture, "batches count as their single operations") {
    const Write writes[]{{"a", "1"}, {"b", "2"}, {"a", "3"}};
    Status statuses[3];
    REQUIRE(cache.set_many(writes, statuses) == 3);
    const std::string_view keys[]{"a", "b", "absent"};
    Lookup answers[3];
    REQUIRE(cache.get_many(keys, answers) == 2);
    REQUIRE(cache.remove_many(keys, statuses) == 2);
    const Counters counters = stats_of(cache).counters;
    CHECK(counters.sets == 3);
    CHECK(counters.replaced == 1);
    CHECK(counters.hits == 2);
    CHECK(counters.misses == 1);
    CHECK(counters.removes == 2);
}
