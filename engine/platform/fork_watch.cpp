#include "engine/platform/fork_watch.hpp"

#include <pthread.h>

#include <mutex>

namespace larder::platform {
namespace {

// A thread that paused forks makes and ends watches in the pause: it has the registry's lock already.
constinit thread_local int pauses = 0;

}  // namespace

// Never destroyed (its destructor is trivial): watches may end after the static objects of this file would have.
class ForkRegistry {
  public:
    void lock() noexcept {
        if (pauses++ == 0) mutex_.lock();
    }
    void unlock() noexcept {
        if (--pauses == 0) mutex_.unlock();
    }

    void add(ForkWatch& watch) noexcept {
        register_handlers();
        const std::lock_guard guard(*this);
        watch.watching_ = true;
        watch.next_ = first_;
        if (first_ != nullptr) first_->previous_ = &watch;
        first_ = &watch;
    }

    void remove(ForkWatch& watch) noexcept {
        const std::lock_guard guard(*this);
        if (!watch.watching_) return;
        watch.watching_ = false;
        (watch.previous_ != nullptr ? watch.previous_->next_ : first_) = watch.next_;
        if (watch.next_ != nullptr) watch.next_->previous_ = watch.previous_;
    }

  private:
    static void register_handlers() noexcept;
    static void before_fork() noexcept;
    static void in_parent() noexcept;
    static void in_child() noexcept;
    void tell_all(void (ForkWatch::*call)() noexcept) noexcept {
        for (ForkWatch* watch = first_; watch != nullptr; watch = watch->next_) (watch->*call)();
    }

    std::mutex mutex_;
    ForkWatch* first_ = nullptr;
};

namespace {

constinit ForkRegistry registry;

}  // namespace

void ForkRegistry::register_handlers() noexcept {
    static const int registered = ::pthread_atfork(before_fork, in_parent, in_child);
    static_cast<void>(registered);
}

void ForkRegistry::before_fork() noexcept {
    registry.lock();
    registry.tell_all(&ForkWatch::before_fork);
}

void ForkRegistry::in_parent() noexcept {
    registry.tell_all(&ForkWatch::after_fork_in_parent);
    registry.unlock();
}

void ForkRegistry::in_child() noexcept {
    registry.tell_all(&ForkWatch::after_fork_in_child);
    registry.unlock();
}

ForkWatch::ForkWatch() { registry.add(*this); }
ForkWatch::~ForkWatch() { registry.remove(*this); }
void ForkWatch::stop_watching() noexcept { registry.remove(*this); }

ForkPause::ForkPause() noexcept { registry.lock(); }
ForkPause::~ForkPause() { registry.unlock(); }

}  // namespace larder::platform
