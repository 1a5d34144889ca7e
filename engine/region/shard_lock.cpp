#include "engine/region/shard_lock.hpp"

#include "engine/platform/clock.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/platform/file_lock.hpp"
#include "engine/platform/futex.hpp"
#include "engine/region/presence.hpp"
#include "engine/region/process_table.hpp"

#include <algorithm>

namespace larder::region {
namespace {

constexpr int kSpins = 200;
constexpr std::chrono::nanoseconds kSlice = std::chrono::milliseconds(2);

}  // namespace

Result<Acquired> ShardLock::acquire(TakeOverGuard& guard, std::chrono::milliseconds timeout) {
    if (take_if_free()) return Acquired::free;
    for (int spin = 0; spin < kSpins; ++spin) {
        platform::cpu_relax();
        if (word_.load(std::memory_order_relaxed) == 0 && take_if_free()) return Acquired::free;
    }
    return acquire_slowly(guard, timeout);
}

Result<Acquired> ShardLock::acquire_slowly(TakeOverGuard& guard, std::chrono::milliseconds timeout) {
    const std::int64_t deadline = platform::monotonic_ns() + std::chrono::nanoseconds(timeout).count();
    for (;;) {
        std::uint32_t seen = word_.load(std::memory_order_relaxed);
        if (seen == 0) {
            // Others may sleep: keep the bit, so that our release wakes one of them.
            if (word_.compare_exchange_strong(seen, lock_word(region_.self()) | kWaitersBit, std::memory_order_acquire,
                                              std::memory_order_relaxed)) {
                return Acquired::free;
            }
            continue;
        }
        Result<bool> taken = take_over(guard, seen);
        if (!taken.ok()) return taken.status();
        if (*taken) return Acquired::taken_over;
        const std::int64_t left = deadline - platform::monotonic_ns();
        if (left <= 0) return give_up(seen);
        if ((seen & kWaitersBit) == 0 &&
            !word_.compare_exchange_strong(seen, seen | kWaitersBit, std::memory_order_relaxed, std::memory_order_relaxed)) {
            continue;
        }
        platform::futex_wait(word_, seen | kWaitersBit, std::min(kSlice, std::chrono::nanoseconds(left)));
    }
}

std::optional<Acquired> ShardLock::try_acquire(TakeOverGuard& guard) {
    if (take_if_free()) return Acquired::free;
    const std::uint32_t seen = word_.load(std::memory_order_relaxed);
    if (seen == 0) return std::nullopt;
    const Result<bool> taken = take_over(guard, seen);
    if (!taken.ok() || !*taken) return std::nullopt;
    return Acquired::taken_over;
}

Result<bool> ShardLock::take_over(TakeOverGuard& guard, std::uint32_t seen) {
    const std::uint32_t owner = owner_of(seen);
    if (owner == region_.self()) return false;
    const int descriptor = region_.file().descriptor();
    // A word that names no index was scribbled: nobody owns it, and its take-over needs no proof of death.
    const bool named = owner < region_.geometry().max_processes;
    if (named && is_alive(region_, owner)) return false;
    // Another thread of this handle is taking something over: whoever waits looks again in a moment.
    const std::unique_lock lock(guard.mutex, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    if (named) {
        Result<bool> held = platform::try_lock(descriptor, process_byte(owner), 1, platform::LockKind::exclusive);
        if (!held.ok()) return held.status();
        if (!*held) return false;
    }
    LARDER_FAULT_POINT("take_over.byte_held");
    const bool taken = word_.compare_exchange_strong(seen, lock_word(region_.self()) | kWaitersBit, std::memory_order_acquire,
                                                     std::memory_order_relaxed);
    if (named) (void)platform::unlock(descriptor, process_byte(owner), 1);
    return taken;
}

void ShardLock::release() noexcept {
    // A store alone does not wait for the stores before it, as an exchange would. A waiter whose bit comes in between is not
    // woken: its sleep ends by itself.
    if ((word_.load(std::memory_order_relaxed) & kWaitersBit) == 0) [[likely]]
        return word_.store(0, std::memory_order_release);
    word_.store(0, std::memory_order_release);
    platform::futex_wake(word_, 1);
}

Status ShardLock::give_up(std::uint32_t seen) const {
    return {Code::busy, "shard " + std::to_string(shard_) + " is held by " + describe_owner(region_, owner_of(seen))};
}

}  // namespace larder::region
