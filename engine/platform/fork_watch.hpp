// What must happen around a fork to the things that parent and child would share.
#pragma once

namespace larder::platform {

/// Derive from it, and the three calls come around each fork() of this process, until stop_watching() or destruction.
///
/// A fork in another thread may come at any moment, also while an heir is being made or destroyed. So make heirs under a
/// ForkPause, together with what they must not share; and let the destructors of heirs call stop_watching() first. In between
/// an heir is no more than a ForkWatch, whose calls do nothing.
class ForkWatch {
  public:
    ForkWatch();
    ForkWatch(const ForkWatch&) = delete;
    ForkWatch& operator=(const ForkWatch&) = delete;

    /// In the parent, just before. May do anything but fork, make or end watches.
    virtual void before_fork() noexcept {}
    virtual void after_fork_in_parent() noexcept {}
    /// In the child, before fork() returns there. It may only make async-signal-safe calls: other threads' locks are held for
    /// ever. The registry itself is locked across the fork.
    virtual void after_fork_in_child() noexcept {}

  protected:
    ~ForkWatch();
    /// No call comes after this. Needs no second.
    void stop_watching() noexcept;

  private:
    friend class ForkRegistry;
    ForkWatch* next_ = nullptr;
    ForkWatch* previous_ = nullptr;
    bool watching_ = false;
};

/// While one lives, forks by other threads wait (its own thread must not fork). For a moment only.
class ForkPause {
  public:
    ForkPause() noexcept;
    ForkPause(const ForkPause&) = delete;
    ForkPause& operator=(const ForkPause&) = delete;
    ~ForkPause();
};

}  // namespace larder::platform
