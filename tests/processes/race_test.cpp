// Many processes that create and open the same file at once.
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <thread>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr int kOpeners = 20;

struct Outcome {
    int attached = 0;
    int refused = 0;
};

Outcome race(const std::string& path, const char* way, int refusal) {
    std::vector<ChildProcess> openers;
    for (int i = 0; i < kOpeners; ++i) {
        openers.emplace_back("racing_opener_program", std::vector<std::string>{path, std::to_string(i), way});
    }
    for (auto& opener : openers) opener.close_input();
    Outcome outcome;
    for (auto& opener : openers) {
        const Ending ending = opener.wait();
        INFO("an opener " << ending.message());
        REQUIRE(ending.in_time);
        REQUIRE((ending.code == 0 || ending.code == refusal));
        ++(ending.code == 0 ? outcome.attached : outcome.refused);
    }
    return outcome;
}

void require_all_used(const std::string& path) {
    auto cache = opened(Cache::open(path));
    CHECK(value_of(cache, "openers") == std::to_string(kOpeners));
    for (int i = 0; i < kOpeners; ++i) {
        CHECK(value_of(cache, "opener " + std::to_string(i)) == "value of " + std::to_string(i));
    }
    const Stats stats = stats_of(cache);
    CHECK(stats.processes.size() == 1);
    CHECK(stats.recoveries == 0);
    require_accounts_balance(stats);
    require_clean(cache);
}

}  // namespace

TEST_CASE("twenty that open or create at once all get the same cache") {
    for (std::uint64_t round = 0; round < iterations(20); ++round) {
        INFO("round " << round);
        TemporaryDirectory directory;
        REQUIRE(race(directory.file("c"), "open_or_create", 0).attached == kOpeners);
        REQUIRE(count_files(directory.path()) == 1);
        require_all_used(directory.file("c"));
    }
}

TEST_CASE("of twenty that create at once one wins") {
    for (std::uint64_t round = 0; round < iterations(10); ++round) {
        INFO("round " << round);
        TemporaryDirectory directory;
        REQUIRE(race(directory.file("c"), "create", 3).attached == 1);
        REQUIRE(count_files(directory.path()) == 1);
        auto cache = opened(Cache::open(directory.file("c")));
        CHECK(value_of(cache, "openers") == "1");
        require_clean(cache);
    }
}

TEST_CASE("those who open while another creates see a whole cache or none") {
    for (std::uint64_t round = 0; round < iterations(10); ++round) {
        INFO("round " << round);
        TemporaryDirectory directory;
        ChildProcess creator("racing_opener_program", {directory.file("c"), "creator", "create"});
        creator.close_input();
        const Outcome outcome = race(directory.file("c"), "open", 4);
        REQUIRE(outcome.attached + outcome.refused == kOpeners);
        REQUIRE(creator.wait().good());
        auto cache = opened(Cache::open(directory.file("c")));
        CHECK(value_of(cache, "openers") == std::to_string(outcome.attached + 1));
        require_clean(cache);
    }
}

TEST_CASE("twenty that open an existing cache at once find what is in it") {
    TemporaryDirectory directory;
    REQUIRE_OK(opened(Cache::create(directory.file("c"))).set("here", "before"));
    for (int round = 0; round < 5; ++round) {
        REQUIRE(race(directory.file("c"), "open", 0).attached == kOpeners);
        auto cache = opened(Cache::open(directory.file("c")));
        CHECK(value_of(cache, "here") == "before");
        CHECK(value_of(cache, "openers") == std::to_string(kOpeners * (round + 1)));
    }
}

TEST_CASE("creators killed on the way leave no file, or a whole one") {
    Random random(seed());
    SHOW_SEED();
    for (std::uint64_t round = 0; round < iterations(60); ++round) {
        TemporaryDirectory directory;
        ChildProcess creator("racing_opener_program", {directory.file("c"), "0", "create"});
        creator.close_input();
        std::this_thread::sleep_for(std::chrono::microseconds(random.below(6000)));
        creator.kill();
        const auto result = Cache::open(directory.file("c"));
        INFO("round " << round << ": " << result.status().message());
        REQUIRE((result.ok() || result.code() == Code::no_such_file));
        if (result.ok()) require_clean(*result);
        auto cache = opened(Cache::open_or_create(directory.file("c")));
        REQUIRE_OK(cache.set("key", "value"));
    }
}
