// Holds a shard's lock for a scope, repairing first what a dead owner left.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/region/locked_shard.hpp"

#include <larder/status.hpp>

#include <optional>

namespace larder::cache {

class ShardGuard {
  public:
    /// Waits for the lock, at most Options::timeout.
    ShardGuard(Core& core, std::uint32_t shard);
    /// Takes the lock only if nobody alive holds it.
    static std::optional<ShardGuard> try_lock(Core& core, std::uint32_t shard);
    ShardGuard(ShardGuard&& other) noexcept;
    ShardGuard& operator=(ShardGuard&&) = delete;
    ~ShardGuard();

    const Status& status() const noexcept { return status_; }
    /// REQUIRES: status() is ok.
    region::LockedShard& operator*() noexcept { return *shard_; }
    region::LockedShard* operator->() noexcept { return &*shard_; }

  private:
    ShardGuard(Core& core, std::uint32_t shard, region::Acquired acquired);
    void begin(region::Acquired acquired);
    Core& core_;
    std::uint32_t id_;
    Status status_;
    std::optional<region::LockedShard> shard_;
};

/// Repairs and releases every shard lock that a dead last holder of `index`, which is now this handle's, left held.
Status release_inherited_locks(Core& core, std::uint32_t index);

}  // namespace larder::cache
