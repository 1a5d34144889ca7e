// Sleeping and waking across processes.
#include "engine/platform/futex.hpp"
#include "tests/platform/child.hpp"

#include <larder/mapped_file.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <thread>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;
using namespace larder::platform;
using namespace std::chrono_literals;

namespace {

/// A word that this process and its children share.
class SharedWord {
  public:
    SharedWord() {
        FileOptions options;
        options.inheritable = true;
        auto file = MappedFile::anonymous(4096, options);
        REQUIRE(file.ok());
        auto view = file->view();
        REQUIRE(view.ok());
        view_ = std::move(*view);
        word_ = new (view_.data()) std::atomic<std::uint32_t>(0);
    }
    std::atomic<std::uint32_t>& operator*() const { return *word_; }

  private:
    MappedView view_;
    std::atomic<std::uint32_t>* word_ = nullptr;
};

}  // namespace

TEST_CASE("a sleeper is woken by another process") {
    const SharedWord word;
    Child sleeper([&] {
        futex_wait(*word, 0, 280s);
        return std::string("woke");
    });
    // The kernel counts whom it wakes: one, once the child sleeps where another process can reach it.
    long woken = 0;
    const auto deadline = std::chrono::steady_clock::now() + 100s;
    while (woken == 0 && std::chrono::steady_clock::now() < deadline) {
        woken = ::syscall(SYS_futex, &*word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
        std::this_thread::yield();
    }
    REQUIRE(woken == 1);
    CHECK(sleeper.result() == "woke");
}

TEST_CASE("waking reaches as many sleepers of another process as asked for") {
    const SharedWord word;
    const auto sleep_and_count = [&] {
        // Returns 0 only to a real wake-up.
        const long result = ::syscall(SYS_futex, &*word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
        return std::string(result == 0 ? "woken" : "not woken");
    };
    Child first(sleep_and_count);
    Child second(sleep_and_count);
    std::thread waker;
    std::atomic<bool> stop{false};
    waker = std::thread([&] {
        while (!stop.load()) {
            futex_wake(*word, 2);
            std::this_thread::sleep_for(1ms);
        }
    });
    const std::string results = first.result() + " " + second.result();
    stop.store(true);
    waker.join();
    CHECK(results == "woken woken");
}

TEST_CASE("no wait begins when the word has changed or no time is left") {
    const SharedWord word;
    (*word).store(7);
    futex_wait(*word, 6, 280s);
    futex_wait(*word, 7, 0ns);
    futex_wait(*word, 7, -5s);
    futex_wait(*word, 7, 1ms);
    futex_wake(*word, 1);
    CHECK((*word).load() == 7);
}
