// A child under ptrace: it is led to a place in the engine, steps from there instruction by instruction, and is killed, or left
// stopped, or let go on.
#pragma once

#include "tests/support/random.hpp"

#include <cstdint>
#include <functional>
#include <vector>

#include <sched.h>
#include <sys/types.h>

namespace larder::tests {

#if defined(__x86_64__)
inline constexpr bool kTraceable = !kSanitized;  // the sanitizers' own start-up does not bear being traced
#else
inline constexpr bool kTraceable = false;
#endif

/// What a child does. It calls its argument when all is prepared and the deed begins.
using Deed = std::function<void(const std::function<void()>& begin)>;

/// Forks a child for a deed; it ends by _exit(0), or with another code and a message on an exception.
pid_t fork_for(const Deed& deed, const std::function<void()>& begin);
/// Waits for a child to end or to stop; its wait status.
int wait_for(pid_t child, bool or_stop = false);

/// This thread, and the children that it makes, run on one processor while this lives: steps are many times faster then.
class OnOneProcessor {
  public:
    OnOneProcessor();
    ~OnOneProcessor();
    OnOneProcessor(const OnOneProcessor&) = delete;
    OnOneProcessor& operator=(const OnOneProcessor&) = delete;

  private:
    cpu_set_t before_{};
};

class TracedChild {
  public:
    /// Returns when the deed is about to begin.
    explicit TracedChild(const Deed& deed);
    ~TracedChild();
    TracedChild(const TracedChild&) = delete;
    TracedChild& operator=(const TracedChild&) = delete;

    pid_t id() const noexcept { return child_; }
    /// Lets it run to the nth call from here of a function in the engine that changes something. Returns how many calls it
    /// came to: fewer only if the deed was done before.
    std::uint64_t run(std::uint64_t calls);
    /// Makes at most so many single steps; how many were left when the deed was done, or all.
    std::uint64_t step(std::uint64_t most);
    bool done() const noexcept { return done_; }
    void kill();
    /// No longer traced, but stopped as by SIGSTOP. Only finish() and kill() may follow.
    void stop();
    /// Lets it go on without being traced, and waits for its end; its wait status.
    int finish();

  private:
    bool resume(int request);
    void set_breakpoints(bool on);
    void step_over(std::uintptr_t at);

    OnOneProcessor pinned_;
    pid_t child_ = 0;
    bool done_ = false;
};

}  // namespace larder::tests
