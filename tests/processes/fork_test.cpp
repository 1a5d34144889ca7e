// Handles that were open across a fork.
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/journal.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <csignal>
#include <set>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

struct ForkFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));

    void require_good(ChildProcess& child) {
        const Ending ending = child.wait();
        INFO("the child " << ending.message());
        REQUIRE(ending.good());
    }
};

/// What a child does with the handle that it has from its parent.
int use_in_child(Cache& cache, int number) {
    const auto name = "child " + std::to_string(number);
    for (int i = 0; i < 2000; ++i) {
        const auto key = name + "/" + std::to_string(i);
        if (!cache.set(key, key).ok()) return 1;
        const auto value = cache.get(key);
        if (!value.ok() || *value != key) return 2;
        if (!cache.increment("count").ok()) return 3;
        const auto parents = cache.get("parent's");
        if (!parents.ok() || *parents != "value") return 4;
    }
    return 0;
}

}  // namespace

TEST_CASE_METHOD(ForkFixture, "children use the parent's handle, and so does the parent") {
    REQUIRE_OK(cache.set("parent's", "value"));
    REQUIRE_OK(cache.set("count", "0"));
    std::vector<ChildProcess> children;
    for (int i = 0; i < 4; ++i) {
        children.emplace_back([&, i] {
            const int result = use_in_child(cache, i);
            // Some end without closing, as a crash would.
            if (result == 0 && i % 2 == 0 && !cache.close().ok()) return 9;
            return result;
        });
    }
    REQUIRE(use_in_child(cache, 99) == 0);
    for (auto& child : children) require_good(child);
    CHECK(value_of(cache, "count") == "10000");
    for (const int number : {0, 1, 2, 3, 99}) {
        for (int i = 0; i < 2000; ++i) {
            const auto key = "child " + std::to_string(number) + "/" + std::to_string(i);
            REQUIRE(value_of(cache, key) == key);
        }
    }
    require_clean(cache);
    require_accounts_balance(stats_of(cache));
}

TEST_CASE_METHOD(ForkFixture, "a child has a place of its own in the process table") {
    ChildProcess child([&] {
        if (!cache.set("key", "child's").ok()) return 1;
        const auto stats = cache.stats();
        if (!stats.ok() || stats->processes.size() != 2) return 2;
        std::set<std::uint32_t> pids;
        for (const auto& process : stats->processes) pids.insert(process.pid);
        if (pids.count(static_cast<std::uint32_t>(::getpid())) != 1) return 3;
        return pids.size() == 2 ? 0 : 4;
    });
    require_good(child);
    CHECK(value_of(cache, "key") == "child's");
    CHECK(living(stats_of(cache)) == 1);
}

TEST_CASE_METHOD(ForkFixture, "a child that never uses the handle does no harm when it ends") {
    REQUIRE_OK(cache.set("key", "value"));
    SECTION("by _exit") {
        ChildProcess child([] { return 0; });
        require_good(child);
    }
    SECTION("by closing") {
        ChildProcess child([&] { return cache.close().ok() ? 0 : 1; });
        require_good(child);
    }
    SECTION("by destroying it") {
        ChildProcess child([&] {
            cache = Cache();
            return 0;
        });
        require_good(child);
    }
    CHECK(value_of(cache, "key") == "value");
    REQUIRE_OK(cache.set("key", "again"));
    CHECK(living(stats_of(cache)) == 1);
    require_clean(cache);
}

TEST_CASE_METHOD(ForkFixture, "a child goes on when its parent closes, and a grandchild when both have") {
    REQUIRE_OK(cache.set("parent's", "value"));
    REQUIRE_OK(cache.set("count", "0"));
    ChildProcess child([&] {
        if (!cache.set("child was", "here").ok()) return 1;
        ChildProcess grandchild([&] { return use_in_child(cache, 2); });
        const int result = use_in_child(cache, 1);
        if (!cache.close().ok()) return 10;
        return grandchild.wait().good() ? result : 11;
    });
    REQUIRE_OK(cache.close());
    require_good(child);
    cache = opened(Cache::open(directory.file("c")));
    CHECK(value_of(cache, "count") == "4000");
    CHECK(value_of(cache, "child was") == "here");
    CHECK(living(stats_of(cache)) == 1);
    require_clean(cache);
}

TEST_CASE_METHOD(ForkFixture, "a parent that is killed counts as dead though its child lives") {
    const Journal journal(directory.file("journal"));
    auto& orphan = journal.line(0).operations;
    ChildProcess parent([&]() -> int {
        if (!cache.set("key", "parent's").ok()) return 1;
        const ChildProcess child([&]() -> int {
            // Outlives its parent, holds what it was born with, and does not use the cache.
            ::prctl(PR_SET_PDEATHSIG, 0);
            ::alarm(100);
            orphan = static_cast<std::uint64_t>(::getpid());
            for (;;) ::pause();
        });
        for (;;) ::pause();
    });
    while (orphan == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    parent.kill();
    for (int i = 0; i < 1000; ++i) REQUIRE_OK(cache.set("key " + std::to_string(i), "v"));
    const std::size_t alive = living(stats_of(cache));
    CHECK(::kill(static_cast<pid_t>(orphan.load()), SIGKILL) == 0);
    CHECK(alive == 1);
    CHECK(value_of(cache, "key") == "parent's");
    require_clean(cache);
}

TEST_CASE_METHOD(ForkFixture, "a read-only handle works in a child") {
    REQUIRE_OK(cache.set("key", "value"));
    Options options;
    options.read_only = true;
    auto reader = opened(Cache::open(directory.file("c"), options));
    ChildProcess child([&] {
        const auto value = reader.get("key");
        if (!value.ok() || *value != "value") return 1;
        if (reader.set("key", "v").code() != Code::read_only) return 2;
        return reader.verify()->problems.empty() ? 0 : 3;
    });
    require_good(child);
    CHECK(value_of(reader, "key") == "value");
}

TEST_CASE_METHOD(ForkFixture, "a closed handle stays closed in a child") {
    REQUIRE_OK(cache.close());
    ChildProcess child([&] { return cache.set("key", "v").code() == Code::closed && !cache.is_open() ? 0 : 1; });
    require_good(child);
}

TEST_CASE_METHOD(ForkFixture, "forks in the middle of everything: many children, one after the other") {
    REQUIRE_OK(cache.set("count", "0"));
    for (int i = 0; i < 100; ++i) {
        REQUIRE_OK(cache.increment("count"));
        ChildProcess child([&] { return cache.increment("count").ok() ? 0 : 1; });
        REQUIRE_OK(cache.increment("count"));
        require_good(child);
    }
    CHECK(value_of(cache, "count") == "300");
    CHECK(living(stats_of(cache)) == 1);
    require_accounts_balance(stats_of(cache));
}
