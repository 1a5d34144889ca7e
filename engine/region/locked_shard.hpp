// The proof that a shard's lock is held: functions that change a shard take it as an argument.
#pragma once

#include "engine/region/region.hpp"

#include <cstdint>

namespace larder::region {

/// Made only by who has taken the lock (cache/shard_guard.hpp). A thread holds at most one it waited for; a second one is
/// only ever tried for, so no circle of waiters can form.
struct LockedShard {
    Region& region;
    std::uint32_t id;
    format::ShardHeader& header;
    /// The hash of the key that a set is about, 0 for none: should the set fail, what it has already made room by evicting
    /// must not be the value that it was to replace.
    std::uint64_t spared_hash = 0;

    LockedShard(Region& r, std::uint32_t shard) noexcept : region(r), id(shard), header(r.shard(shard)) {}
    LockedShard(const LockedShard&) = delete;
    LockedShard& operator=(const LockedShard&) = delete;

    const format::Geometry& geometry() const noexcept { return region.geometry(); }
};

}  // namespace larder::region
