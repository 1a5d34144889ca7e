#include "engine/cache/statistics.hpp"

#include "engine/platform/clock.hpp"
#include "engine/platform/process.hpp"
#include "engine/region/process_table.hpp"
#include "engine/region/shard_lock.hpp"
#include "engine/region/space.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace larder::cache {
namespace {

using format::CounterStripe;
using format::ProcessEntry;

struct Sums {
    std::array<std::uint64_t, format::kCounts> counts{};
    void add(const CounterStripe& stripe) noexcept {
        for (unsigned i = 0; i < format::kCounts; ++i) counts[i] += stripe.counts[i].load(std::memory_order_relaxed);
    }
    void subtract(const CounterStripe& stripe) noexcept {
        for (unsigned i = 0; i < format::kCounts; ++i) counts[i] -= stripe.counts[i].load(std::memory_order_relaxed);
    }
};

Counters to_counters(const Sums& sums) noexcept {
    auto at = [&sums](Count count) { return sums.counts[static_cast<unsigned>(count)]; };
    Counters c;
    c.hits = at(Count::hits);
    c.misses = at(Count::misses);
    c.sets = at(Count::sets);
    c.removes = at(Count::removes);
    c.expirations = at(Count::expirations);
    c.evictions = at(Count::evictions);
    c.replaced = at(Count::replaced) - std::min(at(Count::replaced), at(Count::unreplaced));
    c.moved = at(Count::moved);
    c.reclaimed_bytes = at(Count::reclaimed_bytes);
    c.retries = at(Count::retries);
    c.take_overs = at(Count::take_overs);
    c.flushes = at(Count::flushes);
    c.hit_marks = at(Count::hit_marks);
    return c;
}

ProcessStats describe(const Core& core, std::uint32_t index) {
    const ProcessEntry& entry = core.region.process(index);
    ProcessStats process;
    process.index = index;
    process.pid = entry.pid.load(std::memory_order_relaxed);
    process.pid_namespace = entry.pid_namespace.load(std::memory_order_relaxed);
    process.uid = entry.uid.load(std::memory_order_relaxed);
    process.name.assign(entry.name.data(), strnlen(entry.name.data(), entry.name.size()));
    process.attached_at_ms = entry.attached_at_ms.load(std::memory_order_relaxed);
    process.alive = region::is_alive(core.region, index);
    Sums sums;
    for (const CounterStripe& stripe : entry.stripes) sums.add(stripe);
    sums.subtract(entry.baseline);
    process.counters = to_counters(sums);
    return process;
}

void collect_processes(const Core& core, Stats& stats) {
    Sums sums;
    for (std::uint32_t i = 0; i < core.geometry().max_processes; ++i) {
        const ProcessEntry& entry = core.region.process(i);
        // Indexes are given out lowest first: the first that was never used ends the list.
        if (entry.attached_at_ms.load(std::memory_order_relaxed) == 0) break;
        for (const CounterStripe& stripe : entry.stripes) sums.add(stripe);
        if (entry.state.load(std::memory_order_acquire) != 0) stats.processes.push_back(describe(core, i));
    }
    for (std::uint32_t i = 0; i < core.geometry().shard_count; ++i) {
        const std::uint32_t word = core.region.shard(i).lock.load(std::memory_order_relaxed);
        for (ProcessStats& process : stats.processes) {
            if (word != 0 && region::owner_of(word) == process.index) process.locked_shards.push_back(i);
        }
    }
    if (core.tally.is_private()) {
        for (const CounterStripe& stripe : core.tally.stripes()) sums.add(stripe);
    }
    stats.counters = to_counters(sums);
}

void collect_segments(const Core& core, Stats& stats) {
    std::int64_t oldest = INT64_MAX;
    std::uint64_t written = 0;
    for (std::uint32_t i = 0; i < core.region.segments_known(); ++i) {
        const format::SegmentEntry& entry = core.region.segment(i);
        if (entry.state.load(std::memory_order_relaxed) == 0) continue;
        ++stats.segments;
        stats.record_bytes += entry.live_bytes.load(std::memory_order_relaxed);
        written += entry.write_offset.load(std::memory_order_relaxed);
        if (entry.write_offset.load(std::memory_order_relaxed) != 0)
            oldest = std::min(oldest, entry.opened_at_ms.load(std::memory_order_relaxed));
    }
    stats.dead_bytes = written - std::min(written, stats.record_bytes);
    if (oldest != INT64_MAX) stats.oldest_ms = std::max<std::int64_t>(platform::now_ms() - oldest, 0);
}

FileCondition condition_of(const format::FileHeader& header) noexcept {
    if (header.mark.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(format::FileMark::clean))
        return FileCondition::clean;
    const platform::BootId id = platform::boot_id();
    std::uint64_t words[2];
    std::memcpy(words, id.data(), sizeof words);
    const bool known = words[0] != 0 || words[1] != 0;
    const bool same = known && header.boot_id[0].load(std::memory_order_relaxed) == words[0] &&
                      header.boot_id[1].load(std::memory_order_relaxed) == words[1];
    return same ? FileCondition::in_use : FileCondition::interrupted;
}

}  // namespace

Stats collect_stats(const Core& core) {
    const format::FileHeader& header = core.region.header();
    Stats stats;
    stats.condition = condition_of(header);
    collect_processes(core, stats);
    collect_segments(core, stats);
    const region::SpaceUse use = region::space_in_use(core.region);
    stats.capacity = header.capacity.load(std::memory_order_relaxed);
    stats.reservation = core.geometry().reservation;
    stats.fixed_bytes = use.fixed;
    stats.index_bytes = use.index;
    stats.segment_bytes = use.segments;
    stats.committed_bytes = use.total();
    for (std::uint32_t i = 0; i < core.geometry().shard_count; ++i) {
        const format::ShardHeader& shard = core.region.shard(i);
        stats.records += shard.records.load(std::memory_order_relaxed);
        const std::uint64_t buckets = format::unpack_directory(shard.directory.load(std::memory_order_relaxed)).buckets;
        stats.slots += (buckets + shard.overflow_used.load(std::memory_order_relaxed)) * format::kSlotsPerBucket;
    }
    stats.load = stats.slots == 0 ? 0 : static_cast<double>(stats.records) / static_cast<double>(stats.slots);
    stats.shards = core.geometry().shard_count;
    stats.segment_size = core.geometry().segment_size;
    stats.flush_epoch = header.flush_epoch.load(std::memory_order_relaxed);
    stats.recoveries = header.recoveries.load(std::memory_order_relaxed);
    return stats;
}

}  // namespace larder::cache
