#include "engine/cache/attachment.hpp"

#include "engine/cache/displaced.hpp"
#include "engine/cache/quick_paths.hpp"
#include "engine/cache/recovery.hpp"
#include "engine/cache/repair.hpp"
#include "engine/cache/shard_guard.hpp"
#include "engine/index/growth.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/platform/file_bytes.hpp"
#include "engine/platform/file_lock.hpp"
#include "engine/platform/file_maker.hpp"
#include "engine/platform/file_system.hpp"
#include "engine/platform/process.hpp"
#include "engine/platform/space.hpp"
#include "engine/region/identity.hpp"
#include "engine/region/presence.hpp"
#include "engine/region/process_table.hpp"

#include <algorithm>
#include <cstring>

namespace larder::cache {
namespace {

using format::FileMark;
using format::Geometry;
using region::Region;

constexpr std::uint64_t kMostBuckets = std::uint64_t{1} << 31;

Status check_options(const Options& options) {
    if (options.timeout < std::chrono::milliseconds(1) || options.timeout > std::chrono::hours(1)) {
        return {Code::invalid_argument, "timeout is " + std::to_string(options.timeout.count()) + " ms, must be 1 ms to 1 h"};
    }
    if ((options.file_mode & ~0777u) != 0) return {Code::invalid_argument, "file_mode has bits beyond 0777"};
    return Code::ok;
}

// Buckets to begin with: a page of them, or what the hint asks for at the load that splits keep.
std::uint32_t first_buckets(const Geometry& g, std::uint64_t expected_records) noexcept {
    const std::uint64_t wanted = expected_records / g.shard_count * 10 / (format::kSlotsPerBucket * 6);
    const std::uint64_t most = std::min(g.buckets_per_shard / 2, kMostBuckets);
    const std::uint64_t rounded = (wanted + format::kFirstBuckets - 1) / format::kFirstBuckets * format::kFirstBuckets;
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(rounded, format::kFirstBuckets, most));
}

Status start_shards(Region& region, std::uint64_t expected_records) {
    const std::uint32_t buckets = first_buckets(region.geometry(), expected_records);
    if (!index::commit_first_buckets(region, buckets)) {
        return {Code::full, "no space for an index of " + std::to_string(buckets) + " buckets a shard (disk or capacity)"};
    }
    for (std::uint32_t i = 0; i < region.geometry().shard_count; ++i) {
        region::LockedShard shard(region, i);
        for (auto& ends : shard.header.queues) ends = {format::kNoSegment, format::kNoSegment, 0, format::kNoSegment};
        shard.header.spare_head = format::kNoSegment;
        shard.header.victim = format::kNoSegment;
        index::start_index(shard, buckets);
    }
    return Code::ok;
}

void store_boot_id(Region& region) noexcept {
    const platform::BootId id = platform::boot_id();
    std::uint64_t words[2];
    std::memcpy(words, id.data(), sizeof words);
    for (unsigned i = 0; i < 2; ++i) region.header().boot_id[i].store(words[i], std::memory_order_relaxed);
}

bool same_boot(const Region& region) noexcept {
    const platform::BootId id = platform::boot_id();
    std::uint64_t words[2];
    std::memcpy(words, id.data(), sizeof words);
    const bool known = words[0] != 0 || words[1] != 0;
    return known && region.header().boot_id[0].load(std::memory_order_relaxed) == words[0] &&
           region.header().boot_id[1].load(std::memory_order_relaxed) == words[1];
}

// The byte that openers, the recovering one among them, hold while they decide.
class OpeningLock {
  public:
    OpeningLock(const Region& region, std::chrono::milliseconds timeout) : descriptor_(region.file().descriptor()) {
        Result<bool> held = platform::lock_within(descriptor_, region::kOpeningByte, 1, platform::LockKind::exclusive, timeout);
        if (!held.ok())
            status_ = held.status();
        else if (!*held)
            status_ = {Code::busy, "the file is being opened, recovered or closed by " +
                                       region::describe_holder(region, region::kOpeningByte)};
        held_ = held.ok() && *held;
    }
    ~OpeningLock() {
        if (held_) (void)platform::unlock(descriptor_, region::kOpeningByte, 1);
    }
    OpeningLock(const OpeningLock&) = delete;
    OpeningLock& operator=(const OpeningLock&) = delete;
    const Status& status() const noexcept { return status_; }

  private:
    int descriptor_;
    bool held_ = false;
    Status status_;
};

// A recovery that is cut off is begun again by the next opener, whatever the file said of itself before.
Status demand_recovery(Region& region) {
    for (auto& word : region.header().boot_id) word.store(0, std::memory_order_relaxed);
    region.header().mark.store(static_cast<std::uint32_t>(FileMark::in_use), std::memory_order_relaxed);
    return region.flush_header();
}

// REQUIRES: the opening lock. Leaves the file marked in use in this boot, and recovered if it needed that.
Status settle_file(Core& core) {
    Region& region = core.region;
    Result<bool> others = region::other_writers(region);
    if (!others.ok()) return others.status();
    if (core.options.recovery == Recovery::always) {
        if (*others) return {Code::busy, core.path + ": cannot be recovered while others are attached for writing"};
        if (Status status = demand_recovery(region); !status.ok()) return status;
    }
    if (*others) return Code::ok;
    const bool clean = region.header().mark.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(FileMark::clean);
    if (!clean && !same_boot(region)) {
        if (core.options.recovery == Recovery::refuse) {
            return {Code::corrupt, core.path + ": in use when the machine went down, and recovery is refused"};
        }
        if (Status status = recover(core); !status.ok()) return status;
    }
    store_boot_id(region);
    if (!clean) return Code::ok;
    // The clean mark must be gone from disk before anything else can change there.
    region.header().mark.store(static_cast<std::uint32_t>(FileMark::in_use), std::memory_order_relaxed);
    return region.flush_header();
}

Status attach_for_writing(Core& core) {
    OpeningLock opening(core.region, core.options.timeout);
    if (!opening.status().ok()) return {opening.status().code(), core.path + ": " + opening.status().message()};
    LARDER_FAULT_POINT("attach.opening");
    if (Status status = settle_file(core); !status.ok()) return status;
    core.tally = Tally();
    Status status = region::join(core.region, [&core](std::uint32_t index) { return release_inherited_locks(core, index); });
    if (!status.ok()) return {status.code(), core.path + ": " + status.message()};
    core.tally = Tally(core.region.process(core.region.self()).stripes);
    LARDER_FAULT_POINT("attach.joined");
    return Code::ok;
}

Result<region::Identity> identify(const MappedFile& file, const std::string& path) {
    Result<std::uint64_t> size = file.size();
    if (!size.ok()) return size.status();
    if (*size < format::kHeaderBytes)
        return Status(Code::not_a_cache, path + ": not a Larder cache (" + std::to_string(*size) + " bytes)");
    // A copy, not a mapping: what is checked is what is used, and a file cut short meanwhile is an error.
    format::FileHeader header{};
    if (Status status = platform::read_bytes(file.descriptor(), path, 0, &header, format::kIdentityBytes); !status.ok())
        return status;
    return region::read_identity(path, header, *size);
}

}  // namespace

Result<MappedFile> create_file(const std::string& path, const Options& options) {
    if (Status status = check_options(options); !status.ok()) return status;
    Result<Geometry> geometry = format::plan_geometry(
        {options.capacity, options.reservation, options.shards, options.segment_size, options.max_processes});
    if (!geometry.ok()) return geometry.status();
    Result<platform::FileMaker> maker = platform::FileMaker::make(path, geometry->file_size, {.mode = options.file_mode});
    if (!maker.ok()) return maker.status();
    if (!options.allow_network_file_system) {
        if (Status status = platform::check_coherent_mappings(maker->file().descriptor(), path); !status.ok()) return status;
    }
    for (const auto& [begin, length] :
         {std::pair{std::uint64_t{0}, format::kPageBytes}, std::pair{geometry->shards_begin, geometry->shards_bytes()}}) {
        if (Status status = maker->file().commit(begin, length); !status.ok()) return status;
    }
    Result<MappedView> view = maker->file().view();
    if (!view.ok()) return view.status();
    platform::load_single_pages(view->data(), view->size());
    const std::uint64_t hash_seed = options.hash_seed ? *options.hash_seed : platform::random_u64();
    Region region(MappedFile(), std::move(*view), *geometry, hash_seed);
    region.lend(maker->file());
    region::write_identity(region.header(), *geometry, options.capacity, hash_seed);
    store_boot_id(region);
    region.set_large_pages(options.large_pages);
    if (Status status = start_shards(region, options.expected_records); !status.ok()) return status;
    if (Status status = maker->publish(); !status.ok()) return status;
    return std::move(*maker).take();
}

Status attach(Core& core, MappedFile& file, const std::string& path, const Options& options) {
    if (Status status = check_options(options); !status.ok()) return status;
    if (!options.allow_network_file_system) {
        if (Status status = platform::check_coherent_mappings(file.descriptor(), path); !status.ok()) return status;
    }
    Result<region::Identity> identity = identify(file, path);
    if (!identity.ok()) return identity.status();
    if (identity->read_only && !options.read_only) {
        return Status(Code::wrong_version, path + ": read_only_compatible_features has unknown bits; it can be opened read-only");
    }
    const Access access = options.read_only ? Access::read_only : Access::read_write;
    Result<MappedView> view = file.view(0, identity->geometry.file_size, access);
    if (!view.ok()) return view.status();
    platform::load_single_pages(view->data(), view->size());
    core.region = Region(std::move(file), std::move(*view), identity->geometry, identity->hash_seed);
    core.region.set_large_pages(options.large_pages);
    core.quick = quick_paths(options.survive_truncation);
    core.options = options;
    core.path = path;
    if (options.survive_truncation) core.loss_guard = platform::LossGuard(core.region.at(0), identity->geometry.file_size);
    if (options.read_only) {
        core.tally = Tally();
        return Code::ok;
    }
    Status status = attach_for_writing(core);
    return core.loss_guard.has_lost() ? lost_file(core) : status;
}

namespace {

bool is_lost(const Core& core) {
    if (core.loss_guard.has_lost()) return true;
    const Result<std::uint64_t> size = core.region.file().size();
    return size.ok() && *size < core.geometry().file_size;
}

}  // namespace

Status lost_file(const Core& core) { return {Code::lost, core.path + ": the file was truncated while it was mapped"}; }

Status flush(Core& core) {
    format::FileHeader& header = core.region.header();
    if (is_lost(core)) return lost_file(core);
    // What a dead owner left half done is settled first: nothing that was dropped before may be on disk after.
    for (std::uint32_t i = 0; i < core.geometry().shard_count; ++i) {
        const std::uint32_t word = core.region.shard(i).lock.load(std::memory_order_relaxed);
        if (word == 0 || region::is_alive(core.region, region::owner_of(word))) continue;
        ShardGuard guard(core, i);
        if (!guard.status().ok()) return guard.status();
    }
    // A word that was displaced before, and dropped after, must not be on disk. Whose lock cannot be had may keep some.
    settle_all_displaced(core, Patience::wait);
    const std::uint64_t generation = header.next_generation.load(std::memory_order_relaxed);
    // Once would do: what others move from now on has been moved since the flush. But the first pass may take long, and what is
    // moved meanwhile may be written in neither place by it; the second is short.
    for (int pass = 0; pass < 2; ++pass) {
        if (Status status = core.region.file().flush(); !status.ok()) return status;
    }
    LARDER_FAULT_POINT("flush.data_done");
    header.flushed_generation.store(generation, std::memory_order_relaxed);
    header.flush_epoch.fetch_add(1, std::memory_order_relaxed);
    core.count(Count::flushes);
    return core.region.flush_header();
}

Status detach(Core& core) {
    // The entry in the process table may be gone: closing the descriptor gives the index back.
    if (is_lost(core)) return lost_file(core);
    if (core.region.self() == region::kNoProcess) return core.region.file().close();
    OpeningLock opening(core.region, core.options.timeout);
    Status status;
    if (opening.status().ok() && core.options.flush_on_close) {
        Result<bool> others = region::other_writers(core.region);
        if (others.ok() && !*others) {
            status = flush(core);
            if (status.ok()) {
                core.region.header().mark.store(static_cast<std::uint32_t>(FileMark::clean), std::memory_order_relaxed);
                status = core.region.flush_header();
            }
        }
    }
    LARDER_FAULT_POINT("detach.flushed");
    core.tally = Tally();
    region::leave(core.region);
    return status;
}

}  // namespace larder::cache
