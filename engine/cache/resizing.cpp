#include "engine/cache/resizing.hpp"

#include "engine/cache/index_upkeep.hpp"
#include "engine/cache/shard_guard.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/platform/file_lock.hpp"
#include "engine/region/presence.hpp"
#include "engine/region/process_table.hpp"
#include "engine/region/space.hpp"
#include "engine/segments/pool.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace larder::cache {
namespace {

std::vector<std::uint32_t> richest_first(const Core& core) {
    std::vector<std::uint32_t> order(core.geometry().shard_count);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&core](std::uint32_t a, std::uint32_t b) {
        return core.region.shard(a).segments.load(std::memory_order_relaxed) >
               core.region.shard(b).segments.load(std::memory_order_relaxed);
    });
    return order;
}

// One pass over the shards, each giving up its share. True when something was given back.
bool shrink_pass(Core& core, bool force, Status& status) {
    const std::uint64_t before = region::space_in_use(core.region).total();
    for (const std::uint32_t id : richest_first(core)) {
        if (!segments::over_capacity(core.region)) return true;
        ShardGuard guard(core, id);
        if (!guard.status().ok()) {
            status = guard.status();
            continue;
        }
        shrink_step(core, *guard, force);
    }
    return region::space_in_use(core.region).total() < before;
}

}  // namespace

Status resize(Core& core, std::uint64_t capacity) {
    const std::uint64_t reservation = core.geometry().reservation;
    if (capacity < format::kMinCapacity || capacity > reservation) {
        return {Code::invalid_argument, "capacity is " + std::to_string(capacity) + ", must be 1 MiB to the reservation of " +
                                            std::to_string(reservation)};
    }
    const int descriptor = core.region.file().descriptor();
    Result<bool> held =
        platform::lock_within(descriptor, region::kResizeByte, 1, platform::LockKind::exclusive, core.options.timeout);
    if (!held.ok()) return held.status();
    if (!*held) return {Code::busy, "the cache is being resized by " + region::describe_holder(core.region, region::kResizeByte)};
    const bool was_worth_large_pages = region::is_worth_large_pages(core.region);
    core.region.header().capacity.store(capacity, std::memory_order_relaxed);
    LARDER_FAULT_POINT("resize.stored");
    Status status;
    // A pass may gain nothing because all of a victim was kept; then nothing is kept any more. Others write meanwhile.
    constexpr int kPatience = 50;
    for (int idle = 0; idle < kPatience && segments::over_capacity(core.region);) {
        idle = shrink_pass(core, idle > 0, status) ? 0 : idle + 1;
        // A shard whose lock is not to be had is waited for once or twice, not in each pass.
        if (idle > 1 && !status.ok()) break;
    }
    if (was_worth_large_pages && !region::is_worth_large_pages(core.region)) {
        if (ShardGuard guard(core, 0); guard.status().ok()) segments::give_back_unknown(*guard);
    }
    // Asked while it is our capacity: the next one may lower it further.
    const bool fits = !segments::over_capacity(core.region);
    (void)platform::unlock(descriptor, region::kResizeByte, 1);
    if (fits) return Code::ok;
    if (!status.ok()) return status;
    return {Code::full,
            "the fixed areas and the index alone take " + std::to_string(region::space_in_use(core.region).total()) + " bytes"};
}

}  // namespace larder::cache
