#include "engine/cache/recovery.hpp"

#include "engine/cache/repair.hpp"
#include "engine/cache/segment_space.hpp"
#include "engine/cache/shard_recovery.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/segments/log.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace larder::cache {

using region::LockedShard;

namespace {

// How far generations jump: more than a power cut can have forgotten (segments/log.cpp flushes the header in time).
constexpr std::uint64_t kGenerationJump = std::uint64_t{1} << 24;

// Bytes walked, by all threads; told to the caller by one of them, now and then.
class Progress {
  public:
    explicit Progress(const Core& core) : report_(core.options.on_recovery_progress) {
        for (std::uint32_t i = 0; i < core.region.segments_known(); ++i)
            total_ += core.region.segment(i).live_bytes.load(std::memory_order_relaxed);
    }
    void add(std::uint64_t bytes) noexcept { done_.fetch_add(bytes, std::memory_order_relaxed); }
    void add_dropped(std::uint64_t slots) noexcept { dropped_.fetch_add(slots, std::memory_order_relaxed); }
    void report() {
        constexpr std::uint64_t kReports = 100;
        const std::uint64_t done = std::min(done_.load(std::memory_order_relaxed), total_);
        if (!report_ || done - reported_ < total_ / kReports) return;
        reported_ = done;
        report_({done, total_, 0, dropped_.load(std::memory_order_relaxed)});
    }
    void finish(const region::Region& region) {
        if (!report_) return;
        std::uint64_t kept = 0;
        for (std::uint32_t id = 0; id < region.geometry().shard_count; ++id)
            kept += region.shard(id).records.load(std::memory_order_relaxed);
        report_({total_, total_, kept, dropped_.load(std::memory_order_relaxed)});
    }

  private:
    const std::function<void(const RecoveryProgress&)>& report_;
    std::uint64_t total_ = 0;
    std::uint64_t reported_ = 0;
    std::atomic<std::uint64_t> done_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

// Allocates ranges that come in ascending order; those that follow each other without a gap in one call.
class Allocation {
  public:
    explicit Allocation(MappedFile& file) : file_(file) {}
    void add(std::uint64_t offset, std::uint64_t length) {
        if (length == 0) return;
        if (offset != end_) {
            allocate();
            begin_ = offset;
        }
        end_ = offset + length;
    }
    bool ok() const noexcept { return status_.ok(); }
    Status finish() {
        allocate();
        return std::move(status_);
    }

  private:
    void allocate() {
        if (begin_ != end_ && status_.ok()) status_ = file_.commit(begin_, end_ - begin_);
        begin_ = end_;
    }

    MappedFile& file_;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
    Status status_;
};

// The buckets that the shards have counted, row by row: forged counts meet the end of the disk, not of memory.
void add_index(const Core& core, Allocation& allocation) {
    const format::Geometry& g = core.geometry();
    auto main_of = [&](std::uint32_t id) { return core.region.shard(id).main_buckets_committed.load(std::memory_order_relaxed); };
    auto overflow_begin = [&](std::uint32_t id) {
        return g.buckets_per_shard - core.region.shard(id).overflow_buckets_committed.load(std::memory_order_relaxed);
    };
    std::uint64_t main_end = 0;
    std::uint64_t overflow = g.buckets_per_shard;
    for (std::uint32_t id = 0; id < g.shard_count; ++id) {
        main_end = std::max(main_end, main_of(id));
        overflow = std::min(overflow, overflow_begin(id));
    }
    for (std::uint64_t first = 0; first < g.buckets_per_shard && allocation.ok(); first += g.stripe_buckets()) {
        if (first >= main_end) first = std::max(first, overflow >> g.stripe_shift << g.stripe_shift);
        const std::uint64_t last = first + g.stripe_buckets();
        for (std::uint32_t id = 0; id < g.shard_count && first < g.buckets_per_shard; ++id) {
            const std::uint64_t main = std::clamp(main_of(id), first, last);
            const std::uint64_t beyond = std::clamp(overflow_begin(id), main, last);
            allocation.add(g.bucket_at(id, first), (main - first) * format::kBucketBytes);
            if (beyond < last) allocation.add(g.bucket_at(id, beyond), (last - beyond) * format::kBucketBytes);
        }
    }
}

// What the file system knew of allocated space may be lost: the tables and the index get theirs before they are written.
Status commit_again(Core& core) {
    const format::Geometry& g = core.geometry();
    const std::uint32_t known = core.region.segments_known();
    MappedFile& file = core.region.file();
    if (Status status = file.commit(g.shards_begin, g.shards_bytes()); !status.ok()) return status;
    for (std::uint32_t id = 0; id < g.shard_count; ++id) {
        LockedShard shard(core.region, id);
        bound_shard_header(shard);
    }
    const std::uint64_t generations = g.generation_at(known) - g.generations_begin;
    const std::uint64_t entries = g.segment_entry_at(known) - g.segment_table_begin;
    Allocation allocation(file);
    allocation.add(g.generations_begin, generations);
    allocation.add(g.segment_table_begin, entries);
    add_index(core, allocation);
    for (std::uint32_t id = 0; id < g.shard_count; ++id) {
        const std::uint64_t main = core.region.shard(id).main_buckets_committed.load(std::memory_order_relaxed);
        allocation.add(g.shard_ghosts_begin(id), main * format::kGhostBytesPerBucket);
    }
    if (Status status = allocation.finish(); !status.ok()) return status;
    core.region.will_need(g.generations_begin, generations);
    core.region.will_need(g.segment_table_begin, entries);
    return Code::ok;
}

// Asks the kernel for the buckets of a shard.
void ask_for_index(const Core& core, std::uint32_t id) {
    const format::Geometry& g = core.geometry();
    if (id >= g.shard_count) return;
    const format::ShardHeader& header = core.region.shard(id);
    const std::uint64_t main = header.main_buckets_committed.load(std::memory_order_relaxed);
    const std::uint64_t overflow = header.overflow_buckets_committed.load(std::memory_order_relaxed);
    auto ask = [&core](std::uint64_t offset, std::uint64_t length) { core.region.will_need(offset, length); };
    format::for_each_stripe(g, id, 0, main, ask);
    format::for_each_stripe(g, id, g.buckets_per_shard - overflow, g.buckets_per_shard, ask);
}

// Calls `work(id, scratch, is_first_thread)` for each shard, on as many threads as there are processors.
template <class Work>
void for_each_shard(const Core& core, Work work) {
    const std::uint32_t shards = core.geometry().shard_count;
    const std::uint32_t threads = std::min(std::max(std::thread::hardware_concurrency(), 1u), shards);
    std::atomic<std::uint32_t> next{0};
    auto loop = [&](bool first) {
        RecoveryScratch scratch;
        for (std::uint32_t id = next.fetch_add(1); id < shards; id = next.fetch_add(1)) {
            if (id < threads) ask_for_index(core, id);
            ask_for_index(core, id + threads);
            work(id, scratch, first);
        }
    };
    std::vector<std::thread> others;
    for (std::uint32_t i = 1; i < threads; ++i) others.emplace_back(loop, false);
    loop(true);
    for (std::thread& thread : others) thread.join();
}

Status recover_shards(Core& core, SegmentSpace& space) {
    Progress progress(core);
    std::vector<std::unique_ptr<ShardRecovery>> astray(core.geometry().shard_count);
    for_each_shard(core, [&](std::uint32_t id, RecoveryScratch& scratch, bool is_first_thread) {
        auto shard = std::make_unique<ShardRecovery>(core, id, space, scratch);
        shard->run([&progress, is_first_thread](std::uint64_t bytes) {
            progress.add(bytes);
            if (is_first_thread) progress.report();
        });
        progress.add_dropped(shard->dropped());
        if (shard->has_strays())
            astray[id] = std::move(shard);
        else
            shard->finish();
    });
    LARDER_FAULT_POINT("recover.copied");
    const auto is_set = [](const auto& shard) { return shard != nullptr; };
    if (std::any_of(astray.begin(), astray.end(), is_set)) {
        // What was astray is at home on disk before it is cleared elsewhere.
        if (Status status = core.region.file().flush(); !status.ok()) return status;
        for_each_shard(core, [&](std::uint32_t id, RecoveryScratch&, bool) {
            if (astray[id]) astray[id]->finish();
        });
    }
    progress.finish(core.region);
    return Code::ok;
}

Status forget_processes(region::Region& region) {
    const format::Geometry& g = region.geometry();
    for (std::uint32_t i = 0; i < g.max_processes; ++i) {
        const std::uint64_t page = g.process_at(i) & ~(format::kPageBytes - 1);
        if (Status status = region.file().commit(page, format::kPageBytes); !status.ok()) return status;
        // Indexes are given out lowest first: the first that was never used ends the list.
        if (region.process(i).attached_at_ms.load(std::memory_order_relaxed) == 0) break;
        region.process(i).state.store(0, std::memory_order_relaxed);
    }
    return Code::ok;
}

void jump_generations(Core& core) {
    format::FileHeader& header = core.region.header();
    std::uint64_t latest = std::max(header.next_generation.load(std::memory_order_relaxed),
                                    header.flushed_generation.load(std::memory_order_relaxed));
    for (std::uint32_t i = 0; i < core.region.segments_known(); ++i) {
        latest = std::max(latest, core.region.generation(i).load(std::memory_order_relaxed));
    }
    header.next_generation.store(latest + kGenerationJump, std::memory_order_relaxed);
    header.flushed_generation.store(latest + kGenerationJump, std::memory_order_relaxed);
}

}  // namespace

Status recover(Core& core) {
    LARDER_FAULT_POINT("recover.begin");
    if (Status status = commit_again(core); !status.ok()) return status;
    SegmentSpace space(core);
    if (Status status = recover_shards(core, space); !status.ok()) return status;
    LARDER_FAULT_POINT("recover.shards_done");
    space.settle();
    for (std::uint32_t i = 0; i < core.geometry().shard_count; ++i) {
        LockedShard shard(core.region, i);
        segments::rebuild_queues(shard);
    }
    if (Status status = forget_processes(core.region); !status.ok()) return status;
    jump_generations(core);
    // Everything that was dropped is dropped on disk before the file counts as being of this boot.
    if (Status status = core.region.file().flush(); !status.ok()) return status;
    LARDER_FAULT_POINT("recover.flushed");
    core.region.header().recoveries.fetch_add(1, std::memory_order_relaxed);
    return Code::ok;
}

}  // namespace larder::cache
