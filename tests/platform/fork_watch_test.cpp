// Forks are told to those who must know, and can be held back for a moment.
#include "engine/platform/fork_watch.hpp"
#include "tests/platform/child.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

using namespace larder::tests;
using namespace larder::platform;

namespace {

class CountingWatch final : public ForkWatch {
  public:
    CountingWatch() = default;
    CountingWatch(const CountingWatch&) = delete;
    CountingWatch& operator=(const CountingWatch&) = delete;
    ~CountingWatch() { stop_watching(); }
    void before_fork() noexcept override { ++before; }
    void after_fork_in_parent() noexcept override { ++in_parent; }
    void after_fork_in_child() noexcept override { ++in_child; }
    using ForkWatch::stop_watching;

    std::string text() const { return std::to_string(before) + " " + std::to_string(in_parent) + " " + std::to_string(in_child); }
    int before = 0;
    int in_parent = 0;
    int in_child = 0;
};

}  // namespace

TEST_CASE("each watch is told of each fork, in parent and child") {
    CountingWatch first;
    CHECK(in_child([&] { return first.text(); }) == "1 0 1");
    CHECK(first.text() == "1 1 0");
    CountingWatch second;
    CHECK(in_child([&] { return first.text() + ", " + second.text(); }) == "2 1 1, 1 0 1");
    CHECK(first.text() == "2 2 0");
    CHECK(second.text() == "1 1 0");
}

TEST_CASE("a watch that ended, or stopped, is told nothing more") {
    CountingWatch first;
    auto second = std::make_unique<CountingWatch>();
    CountingWatch third;
    third.stop_watching();
    second.reset();
    CountingWatch fourth;
    CHECK(in_child([&] { return first.text() + ", " + third.text() + ", " + fourth.text(); }) == "1 0 1, 0 0 0, 1 0 1");
}

TEST_CASE("a child may fork and watch in its turn") {
    CountingWatch watch;
    const std::string text = in_child([&] {
        CountingWatch own;
        const std::string grandchild = in_child([&] { return watch.text() + ", " + own.text(); });
        return grandchild + "; " + watch.text() + ", " + own.text();
    });
    CHECK(text == "2 0 2, 1 0 1; 2 1 1, 1 1 0");
}

TEST_CASE("no fork happens in a pause") {
    std::atomic<int> opened{0};
    std::atomic<int> noted{0};
    std::atomic<bool> stop{false};
    std::thread opener([&] {
        while (!stop.load()) {
            const ForkPause pause;
            opened.fetch_add(1);
            const CountingWatch made_in_the_pause;
            std::this_thread::yield();
            noted.fetch_add(1);
        }
    });
    int halves = 0;
    for (int i = 0; i < 200; ++i) {
        if (in_child([&] { return std::string(opened.load() == noted.load() ? "whole" : "half"); }) != "whole") ++halves;
    }
    stop.store(true);
    opener.join();
    CHECK(halves == 0);
    CHECK(opened.load() > 0);
}
