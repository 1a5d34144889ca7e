#include "engine/region/process_table.hpp"

#include "engine/platform/clock.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/platform/file_lock.hpp"
#include "engine/platform/lock_holder.hpp"
#include "engine/platform/process.hpp"
#include "engine/region/presence.hpp"

#include <algorithm>
#include <cstring>

namespace larder::region {
namespace {

using format::ProcessEntry;
using format::ProcessState;

Status commit_entry(Region& region, std::uint32_t index) {
    // With the page behind it: who walks the entries looks at the first that was never used, and looking at a page that has no
    // space is a signal where that takes some (tmpfs) and the disk is full.
    const format::Geometry& g = region.geometry();
    const std::uint64_t begin = g.process_at(index) & ~(format::kPageBytes - 1);
    return region.file().commit(begin, std::min(2 * format::kPageBytes, g.shards_begin - begin));
}

void fill_entry(ProcessEntry& entry) {
    for (unsigned c = 0; c < format::kCounts; ++c) {
        std::uint64_t sum = 0;
        for (const auto& stripe : entry.stripes) sum += stripe.counts[c].load(std::memory_order_relaxed);
        entry.baseline.counts[c].store(sum, std::memory_order_relaxed);
    }
    for (auto& pin : entry.pins) pin.store(0, std::memory_order_relaxed);
    const std::string name = platform::process_name();
    entry.name.fill('\0');
    std::memcpy(entry.name.data(), name.data(), std::min(name.size(), entry.name.size() - 1));
    entry.pid.store(platform::process_id(), std::memory_order_relaxed);
    entry.pid_namespace.store(platform::pid_namespace(), std::memory_order_relaxed);
    entry.uid.store(platform::user_id(), std::memory_order_relaxed);
    entry.attached_at_ms.store(platform::now_ms(), std::memory_order_relaxed);
    entry.state.store(static_cast<std::uint32_t>(ProcessState::attached), std::memory_order_release);
}

}  // namespace

Status join(Region& region, const std::function<Status(std::uint32_t)>& release_locks_of) {
    const std::uint32_t count = region.geometry().max_processes;
    for (std::uint32_t index = 0; index < count; ++index) {
        Result<bool> taken =
            platform::try_lock(region.file().descriptor(), process_byte(index), 1, platform::LockKind::exclusive);
        if (!taken.ok()) return taken.status();
        if (!*taken) continue;
        LARDER_FAULT_POINT("join.byte_taken");
        region.set_self(index);
        Status status = commit_entry(region, index);
        if (!status.ok()) {
            region.set_self(kNoProcess);
            (void)platform::unlock(region.file().descriptor(), process_byte(index), 1);
            return status;
        }
        // The name first: from here on it is us whom others wait for.
        fill_entry(region.process(index));
        // What a dead last holder of the index still owns is repaired and released before the index speaks for us.
        status = release_locks_of(index);
        if (!status.ok()) leave(region);
        return status;
    }
    return {Code::too_many, "all " + std::to_string(count) +
                                " places for handles that may write are taken: close some, open with read_only, or create the "
                                "cache with a larger max_processes"};
}

void leave(Region& region) noexcept {
    if (region.self() == kNoProcess) return;
    const std::uint32_t index = region.self();
    region.process(index).state.store(static_cast<std::uint32_t>(ProcessState::free), std::memory_order_release);
    LARDER_FAULT_POINT("leave.marked_free");
    region.set_self(kNoProcess);
    (void)platform::unlock(region.file().descriptor(), process_byte(index), 1);
}

bool is_alive(const Region& region, std::uint32_t index) noexcept {
    if (index == region.self()) return true;
    const Result<bool> locked = platform::is_locked_by_other(region.file().descriptor(), process_byte(index), 1);
    // When the kernel will not say, nobody is declared dead.
    return !locked.ok() || *locked;
}

Result<bool> other_writers(const Region& region) {
    return platform::is_locked_by_other(region.file().descriptor(), kProcessBytes, region.geometry().max_processes);
}

std::string describe_owner(const Region& region, std::uint32_t index) {
    if (index >= region.geometry().max_processes) return "an unknown process (index " + std::to_string(index) + ")";
    const ProcessEntry& entry = region.process(index);
    const std::string name(entry.name.data(), strnlen(entry.name.data(), entry.name.size()));
    const std::uint32_t pid = entry.pid.load(std::memory_order_relaxed);
    // The entry may still be a dead owner's, whose byte somebody holds who is about to take over.
    const auto holder = platform::find_lock_holder(region.file().descriptor(), process_byte(index), pid);
    return holder ? platform::describe(*holder) : "process " + std::to_string(pid) + " (" + name + "), which is alive";
}

std::string describe_holder(const Region& region, std::uint64_t byte) {
    const auto holder = platform::find_lock_holder(region.file().descriptor(), byte, 0);
    return holder ? platform::describe(*holder) : "another process";
}

}  // namespace larder::region
