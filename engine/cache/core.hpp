// What one attached handle is made of. The operations (reader, writer, evacuation, ...) are functions over it.
#pragma once

#include "engine/cache/tally.hpp"
#include "engine/format/hash.hpp"
#include "engine/platform/loss_guard.hpp"
#include "engine/region/region.hpp"
#include "engine/region/shard_lock.hpp"

#include <larder/options.hpp>

#include <memory>
#include <string>

namespace larder::cache {

struct QuickPaths;

struct Core {
    region::Region region;
    const QuickPaths* quick = nullptr;
    Options options;
    std::string path;
    std::unique_ptr<Tally> tally;
    region::ShardLock::TakeOverGuard take_over_guard;
    platform::LossGuard loss_guard;  ///< of the region, where Options::survive_truncation

    const format::Geometry& geometry() const noexcept { return region.geometry(); }
    std::uint64_t hash(std::string_view key) const noexcept { return format::hash_key(key, region.header().hash_seed); }
    /// From the first time that anybody sees a version on, moved records keep theirs (8 bytes each).
    void note_version_seen() const noexcept {
        if (!region.writable() || region.header().versions_seen.load(std::memory_order_relaxed) != 0) return;
        region.header().versions_seen.store(1, std::memory_order_relaxed);
    }
    void count(Count what, std::uint64_t n = 1) const noexcept { tally->add(what, n); }
};

}  // namespace larder::cache
