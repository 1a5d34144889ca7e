// Small numbers for threads: unique while they live, used again afterwards.
#include "engine/platform/process.hpp"
#include "engine/platform/shared_bytes.hpp"
#include "tests/platform/child.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace larder::tests;
using larder::platform::thread_ordinal;

namespace {

std::vector<unsigned> ordinals_of(std::size_t count) {
    std::vector<unsigned> ordinals(count);
    std::barrier all_have_one(static_cast<std::ptrdiff_t>(count));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
            ordinals[i] = thread_ordinal();
            all_have_one.arrive_and_wait();
            if (ordinals[i] != thread_ordinal()) ordinals[i] = ~0U;
        });
    }
    for (auto& thread : threads) thread.join();
    std::sort(ordinals.begin(), ordinals.end());
    return ordinals;
}

unsigned ordinal_of_new_thread() {
    unsigned ordinal = 0;
    std::thread([&] { ordinal = thread_ordinal(); }).join();
    return ordinal;
}

}  // namespace

TEST_CASE("threads that live at the same time have different ordinals, the lowest there are") {
    const unsigned mine = thread_ordinal();
    REQUIRE(mine == thread_ordinal());
    for (int round = 0; round < 3; ++round) {
        const std::vector<unsigned> others = ordinals_of(150);  // more than one word of the bitmap
        std::set<unsigned> all(others.begin(), others.end());
        all.insert(mine);
        CHECK(all.size() == 151);
        CHECK(*all.rbegin() == 150);
    }
}

TEST_CASE("an ordinal is used again when its thread has ended") {
    static_cast<void>(thread_ordinal());
    const unsigned first = ordinal_of_new_thread();
    for (int i = 0; i < 1000; ++i) {
        if (ordinal_of_new_thread() != first) FAIL("number " << i);
    }
    SUCCEED();
}

TEST_CASE("an ordinal asked for while a thread ends is given back too") {
    static_cast<void>(thread_ordinal());
    struct AsksAtTheEnd {
        bool touched = false;
        ~AsksAtTheEnd() { static_cast<void>(thread_ordinal()); }
    };
    for (int i = 0; i < 100; ++i) {
        std::thread([] {
            thread_local AsksAtTheEnd asks;
            asks.touched = true;
        }).join();
    }
    CHECK(ordinal_of_new_thread() <= 1);
}

#if !defined(LARDER_TSAN)  // under it, a child of a process with threads may not start any

TEST_CASE("a forked child keeps the ordinal of the thread that forked, and the others are free in it") {
    const unsigned mine = thread_ordinal();
    std::barrier sync(5);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            static_cast<void>(thread_ordinal());
            sync.arrive_and_wait();
            sync.arrive_and_wait();
        });
    }
    sync.arrive_and_wait();
    const std::string in_fork = in_child([&] {
        const bool kept = thread_ordinal() == mine;
        return std::string(kept ? "kept, next " : "lost, next ") + std::to_string(ordinal_of_new_thread());
    });
    const unsigned fifth = ordinal_of_new_thread();
    sync.arrive_and_wait();
    for (auto& thread : threads) thread.join();
    CHECK(mine == 0);
    CHECK(in_fork == "kept, next 1");
    CHECK(fifth == 5);
}

#endif
