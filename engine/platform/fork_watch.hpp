// What must happen in a forked child to the things its parent shared with it.
#pragma once

namespace larder::platform {

/// Derive from it, and after_fork_in_child() is called in each child made by fork() before fork() returns there. It may only
/// make async-signal-safe calls: other threads' locks are held for ever. The registry itself is locked across the fork.
class ForkWatch {
  public:
    ForkWatch();
    ForkWatch(const ForkWatch&) = delete;
    ForkWatch& operator=(const ForkWatch&) = delete;
    virtual void after_fork_in_child() noexcept = 0;

  protected:
    ~ForkWatch();

  private:
    friend class ForkRegistry;
    ForkWatch* next_ = nullptr;
    ForkWatch* previous_ = nullptr;
};

}  // namespace larder::platform
