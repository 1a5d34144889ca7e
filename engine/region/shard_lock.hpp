// The lock of a shard: one 32-bit word in the file, owned by an index of the process table.
//
//   free    -> owned    compare-and-swap 0 -> owner + 1                            (acquire)
//   owned   -> free     exchange 0, wake a sleeper if the waiters bit was set      (release)
//   owned   -> owned    take-over, by a waiter that holds the dead owner's byte    (acquire)
//
// No wait is unbounded: a waiter spins briefly, then sleeps in slices of at most 2 ms and asks between them whether the
// owner lives, until its time-out. Threads of one process share their index; the owner being one's own process is alive.
#pragma once

#include "engine/region/region.hpp"

#include <larder/status.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace larder::region {

inline constexpr std::uint32_t kWaitersBit = std::uint32_t{1} << 31;
inline constexpr std::uint32_t kOwnerMask = 0xffff;
constexpr std::uint32_t lock_word(std::uint32_t owner) noexcept { return owner + 1; }
/// The owner's index; kNoProcess when free.
constexpr std::uint32_t owner_of(std::uint32_t word) noexcept { return (word & kOwnerMask) - 1; }

enum class Acquired : std::uint8_t { free, taken_over };

class ShardLock {
  public:
    /// One a handle: serializes its threads' take-overs, since the byte of a dead process is held for the whole handle.
    struct TakeOverGuard {
        std::mutex mutex;
    };

    ShardLock(const Region& region, std::uint32_t shard) noexcept
        : region_(region), word_(region.shard(shard).lock), shard_(shard) {}

    /// Takes the lock for region.self(). taken_over: its owner had died, and the caller must repair the shard before it
    /// does anything else. busy, with a message that names the owner, when the time-out has passed.
    Result<Acquired> acquire(TakeOverGuard& guard, std::chrono::milliseconds timeout);
    /// Takes it only if it is free or its owner is dead (then as above: repair first). Nothing: somebody alive holds it.
    std::optional<Acquired> try_acquire(TakeOverGuard& guard);
    /// Takes it only if it is free; what most calls of acquire() come to, without its frame.
    bool take_if_free() noexcept {
        std::uint32_t expected = 0;
        return word_.compare_exchange_strong(expected, lock_word(region_.self()), std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }
    /// REQUIRES: the lock is held.
    void release() noexcept;
    /// Whether `owner` holds it. A handle that has just been given an index inherits the locks of the index's dead holder.
    bool is_held_by(std::uint32_t owner) const noexcept { return owner_of(word_.load(std::memory_order_acquire)) == owner; }

  private:
    Result<bool> take_over(TakeOverGuard& guard, std::uint32_t seen);
    Result<Acquired> acquire_slowly(TakeOverGuard& guard, std::chrono::milliseconds timeout);
    Status give_up(std::uint32_t seen) const;

    const Region& region_;
    std::atomic<std::uint32_t>& word_;
    std::uint32_t shard_;
};

}  // namespace larder::region
