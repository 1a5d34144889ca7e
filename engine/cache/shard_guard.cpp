#include "engine/cache/shard_guard.hpp"

#include "engine/cache/displaced.hpp"
#include "engine/cache/repair.hpp"

namespace larder::cache {

using region::Acquired;
using region::ShardLock;

ShardGuard::ShardGuard(Core& core, std::uint32_t shard) : core_(core), id_(shard) {
    ShardLock lock(core.region, shard);
    if (lock.take_if_free()) [[likely]] {
        begin(Acquired::free);
        return;
    }
    Result<Acquired> acquired = lock.acquire(core.take_over_guard, core.options.timeout);
    if (!acquired.ok()) {
        status_ = acquired.status();
        return;
    }
    begin(*acquired);
}

ShardGuard::ShardGuard(Core& core, std::uint32_t shard, Acquired acquired) : core_(core), id_(shard) { begin(acquired); }

void ShardGuard::begin(Acquired acquired) {
    shard_.emplace(core_.region, id_);
    bound_shard_header(*shard_);
    if (acquired == Acquired::taken_over) {
        core_.count(Count::take_overs);
        repair_shard(core_, *shard_);
    }
    if (shard_->header.displaced_count != 0) settle_displaced(core_, *shard_);
}

ShardGuard::ShardGuard(ShardGuard&& other) noexcept : core_(other.core_), id_(other.id_), status_(std::move(other.status_)) {
    if (!other.shard_) return;
    shard_.emplace(core_.region, id_);
    other.shard_.reset();
}

std::optional<ShardGuard> ShardGuard::try_lock(Core& core, std::uint32_t shard) {
    const std::optional<Acquired> acquired = ShardLock(core.region, shard).try_acquire(core.take_over_guard);
    if (!acquired) return std::nullopt;
    return ShardGuard(core, shard, *acquired);
}

ShardGuard::~ShardGuard() {
    if (shard_) ShardLock(core_.region, id_).release();
}

Status release_inherited_locks(Core& core, std::uint32_t index) {
    for (std::uint32_t i = 0; i < core.geometry().shard_count; ++i) {
        ShardLock lock(core.region, i);
        if (!lock.is_held_by(index)) continue;
        region::LockedShard shard(core.region, i);
        repair_shard(core, shard);
        lock.release();
    }
    return Code::ok;
}

}  // namespace larder::cache
