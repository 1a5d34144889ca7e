// What a child that may be ended at any moment leaves behind, and what ends it when it hangs.
#pragma once

#include "tests/support/random.hpp"

#include <new>
#include <stdexcept>
#include <type_traits>

#include <sys/mman.h>
#include <sys/time.h>

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

/// From now on this process has a minute, far more than all bounded waits add up to, until it calls this again. Then a signal
/// ends it.
inline void expect_end_of_step() {
    const itimerval clock{{}, {60, 0}};
    ::setitimer(ITIMER_REAL, &clock, nullptr);
}
/// The same, and five seconds of processor time (more under a sanitizer). For steps of a single thread: the time that others
/// spend meanwhile would count.
inline void expect_end_of_short_step() {
    const itimerval processor{{}, {kSanitized ? 25 : 5, 0}};
    ::setitimer(ITIMER_PROF, &processor, nullptr);
    expect_end_of_step();
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
