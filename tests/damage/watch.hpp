// What a child that may be ended at any moment leaves behind, and what ends it when it hangs.
#pragma once

#include "tests/support/random.hpp"

#include <csignal>
#include <ctime>
#include <new>
#include <stdexcept>
#include <type_traits>

#include <sys/mman.h>

namespace larder::tests {

/// A value that children share with their parent.
template <class T>
class SharedWithChildren {
  public:
    SharedWithChildren() : value_(make()) {}
    ~SharedWithChildren() { ::munmap(value_, sizeof(T)); }
    SharedWithChildren(const SharedWithChildren&) = delete;
    SharedWithChildren& operator=(const SharedWithChildren&) = delete;
    T& operator*() const noexcept { return *value_; }
    T* operator->() const noexcept { return value_; }

  private:
    static T* make() {
        void* const place = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (place == MAP_FAILED) throw std::runtime_error("no shared memory");
        return new (place) T{};
    }
    T* value_;
};

/// From now on the calling thread has five seconds of processor time (more under a sanitizer) until it calls this again. Then a
/// signal ends the process. (What hangs asleep is ended by who waits for the child.)
inline void expect_end_of_step() {
    static thread_local timer_t timer = [] {
        sigevent event{};
        event.sigev_notify = SIGEV_SIGNAL;
        event.sigev_signo = SIGPROF;
        timer_t made{};
        if (::timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &made) != 0) throw std::runtime_error("no timer");
        return made;
    }();
    const itimerspec limit{{}, {kSanitized ? 25 : 5, 0}};
    ::timer_settime(timer, 0, &limit, nullptr);
}

/// Address space that is nobody's, on both sides of what is mapped next: who reads beyond a mapping does not find another.
class Fence {
  public:
    Fence() {
        static const bool above = raise() != nullptr;
        static_cast<void>(above);
    }
    ~Fence() {
        if (below_ != nullptr) ::munmap(below_, kBytes);
    }
    Fence(const Fence&) = delete;
    Fence& operator=(const Fence&) = delete;
    /// To be called when the mapping is there.
    void close_below() { below_ = raise(); }

  private:
    static constexpr std::size_t kBytes = std::size_t{64} << 20;
    static void* raise() {
        void* const fence = ::mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return fence == MAP_FAILED ? nullptr : fence;
    }
    void* below_ = nullptr;
};

}  // namespace larder::tests
