#include "engine/platform/fork_watch.hpp"
#include "engine/platform/process.hpp"

#include <pthread.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>

namespace larder::platform {

constinit thread_local unsigned present_thread_ordinal = kNoOrdinal;

namespace {

constexpr unsigned kBitsPerWord = 64;
constexpr unsigned kRecycled = 32768;  // numbers beyond are given once only: unique still, but no longer small

// One bit for each number in use. Lock-free, so that a fork at any moment leaves nothing locked in the child.
constinit std::array<std::atomic<std::uint64_t>, kRecycled / kBitsPerWord> in_use{};
constinit std::atomic<unsigned> next_beyond{kRecycled};

unsigned take_lowest() noexcept {
    for (unsigned i = 0; i < in_use.size(); ++i) {
        std::uint64_t word = in_use[i].load(std::memory_order_relaxed);
        while (~word != 0) {
            const auto bit = static_cast<unsigned>(std::countr_one(word));
            // Acquire: what the last holder of the number wrote under it happened before.
            if (in_use[i].compare_exchange_weak(word, word | std::uint64_t{1} << bit, std::memory_order_acquire,
                                                std::memory_order_relaxed)) {
                return i * kBitsPerWord + bit;
            }
        }
    }
    return next_beyond.fetch_add(1, std::memory_order_relaxed);
}

void give_back(unsigned ordinal) noexcept {
    if (ordinal >= kRecycled) return;
    const std::uint64_t bit = std::uint64_t{1} << ordinal % kBitsPerWord;
    in_use[ordinal / kBitsPerWord].fetch_and(~bit, std::memory_order_release);
}

// Only the forking thread lives on in the child: the others' numbers are free there.
class OrdinalWatch final : public ForkWatch {
  public:
    OrdinalWatch() = default;
    OrdinalWatch(const OrdinalWatch&) = delete;
    OrdinalWatch& operator=(const OrdinalWatch&) = delete;
    ~OrdinalWatch() { stop_watching(); }

    void after_fork_in_child() noexcept override {
        for (auto& word : in_use) word.store(0, std::memory_order_relaxed);
        const unsigned ordinal = present_thread_ordinal;
        if (ordinal >= kRecycled) return;
        in_use[ordinal / kBitsPerWord].store(std::uint64_t{1} << ordinal % kBitsPerWord, std::memory_order_relaxed);
    }
};

// A thread-specific key, not a thread_local with a destructor: keys are destroyed after all of those, and again if one of
// their destructors asked for an ordinal once more.
class EndOfThread {
  public:
    EndOfThread() noexcept : valid_(::pthread_key_create(&key_, on_exit) == 0) {}
    EndOfThread(const EndOfThread&) = delete;
    EndOfThread& operator=(const EndOfThread&) = delete;
    ~EndOfThread() {
        if (valid_) ::pthread_key_delete(key_);
    }
    void watch_this_thread() noexcept {
        if (valid_) ::pthread_setspecific(key_, &in_use);
    }

  private:
    static void on_exit(void*) noexcept {
        give_back(present_thread_ordinal);
        present_thread_ordinal = kNoOrdinal;
    }

    pthread_key_t key_{};
    bool valid_;
};

unsigned take_for_this_thread() noexcept {
    static EndOfThread ends;
    const ForkPause pause;
    static OrdinalWatch forks;
    const unsigned ordinal = take_lowest();
    present_thread_ordinal = ordinal;
    ends.watch_this_thread();
    return ordinal;
}

}  // namespace

unsigned assign_thread_ordinal() noexcept { return take_for_this_thread(); }

}  // namespace larder::platform
