// Pages of a mapping that its file no longer has: somebody made the file shorter. Touching one is SIGBUS, unless it is guarded.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace larder::platform {

/// A range that the handler of SIGBUS knows. Made once and used again for other ranges, but never freed: a handler may be
/// looking at it.
struct GuardedRange;

/// While one lives, private zeros take the place of what a range of this process has lost, from the page that was touched to
/// the range's end, and the instruction that touched it goes on. The first guard of a process installs a handler for SIGBUS,
/// which stays, and hands on to the one before it what is not in a guarded range.
class LossGuard {
  public:
    LossGuard() noexcept = default;
    /// REQUIRES: [begin, begin+length) is a mapping that outlives the guard; `begin` is where a page begins.
    LossGuard(std::byte* begin, std::size_t length);
    LossGuard(LossGuard&& other) noexcept : range_(std::exchange(other.range_, nullptr)) {}
    LossGuard& operator=(LossGuard&& other) noexcept {
        std::swap(range_, other.range_);
        return *this;
    }
    LossGuard(const LossGuard&) = delete;
    LossGuard& operator=(const LossGuard&) = delete;
    ~LossGuard();

    /// Whether any page of the range was lost. Without a range: never.
    bool has_lost() const noexcept { return any_lost_.load(std::memory_order_relaxed) && range_has_lost(); }

  private:
    friend struct GuardedRange;
    bool range_has_lost() const noexcept;

    /// Whether any range of this process has lost a page: spares everybody else the question about their own.
    static inline constinit std::atomic<bool> any_lost_ = false;
    GuardedRange* range_ = nullptr;
};

}  // namespace larder::platform
