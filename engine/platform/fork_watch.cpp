#include "engine/platform/fork_watch.hpp"

#include <pthread.h>

#include <mutex>

namespace larder::platform {

// Never destroyed (its destructor is trivial): watches may end after the static objects of this file would have.
class ForkRegistry {
  public:
    void add(ForkWatch& watch) noexcept {
        register_handlers();
        const std::lock_guard<std::mutex> guard(mutex_);
        watch.next_ = first_;
        if (first_ != nullptr) first_->previous_ = &watch;
        first_ = &watch;
    }

    void remove(ForkWatch& watch) noexcept {
        const std::lock_guard<std::mutex> guard(mutex_);
        (watch.previous_ != nullptr ? watch.previous_->next_ : first_) = watch.next_;
        if (watch.next_ != nullptr) watch.next_->previous_ = watch.previous_;
    }

  private:
    static void register_handlers() noexcept;
    static void before_fork() noexcept;
    static void in_parent() noexcept;
    static void in_child() noexcept;

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

void ForkRegistry::before_fork() noexcept { registry.mutex_.lock(); }
void ForkRegistry::in_parent() noexcept { registry.mutex_.unlock(); }

void ForkRegistry::in_child() noexcept {
    for (ForkWatch* watch = registry.first_; watch != nullptr; watch = watch->next_) watch->after_fork_in_child();
    registry.mutex_.unlock();
}

ForkWatch::ForkWatch() { registry.add(*this); }
ForkWatch::~ForkWatch() { registry.remove(*this); }

}  // namespace larder::platform
