// What one attached handle is made of. The operations (reader, writer, evacuation, ...) are functions over it.
#pragma once

#include "engine/cache/tally.hpp"
#include "engine/platform/loss_guard.hpp"
#include "engine/region/region.hpp"
#include "engine/region/shard_lock.hpp"

#include <larder/cache.hpp>

#include <atomic>
#include <span>
#include <string>
#include <string_view>

namespace larder::cache {

struct Core;

/// The operations that are worth a copy of their code for each instruction set (quick_paths.hpp).
struct QuickPaths {
    /// Counts and returns ok or not_found; anything else is no answer, and get_any() has to give it.
    Code (*get)(const Core& core, std::string_view key, std::string& value) = nullptr;
    /// As Cache::get().
    Status (*get_any)(const Core& core, std::string_view key, std::string& value, RecordInfo* info) = nullptr;
    /// Copies a short value that is exactly as long as the buffer, and counts the hit. False: nothing was counted, and the
    /// general way has to tell what there is.
    bool (*get_exactly)(const Core& core, std::string_view key, std::span<std::byte> buffer) noexcept = nullptr;
    /// Many lookups whose cache misses overlap. Fills an answer for each key; returns the number of hits. REQUIRES: equal sizes.
    std::size_t (*get_many)(const Core& core, std::span<const std::string_view> keys, std::span<Lookup> answers,
                            bool versions) = nullptr;
    /// Stores a value without client flags that expires then (0: never). False: the general way has to, and may.
    bool (*set)(Core& core, std::string_view key, std::string_view value, std::int64_t expires_at_ms) = nullptr;
};

struct Core {  // NOLINT(clang-analyzer-optin.performance.Padding): the last member is to stand apart
    region::Region region;
    QuickPaths quick;
    Options options;
    std::string path;
    Tally tally;
    region::ShardLock::TakeOverGuard take_over_guard;
    platform::LossGuard loss_guard;  ///< of the region, where Options::survive_truncation
    /// Where the last common set put its record: the next one most likely will, too. A guess, of this handle alone. Apart from
    /// what gets read.
    alignas(64) std::atomic<format::Queue> likely_queue{format::Queue::small};

    const format::Geometry& geometry() const noexcept { return region.geometry(); }
    std::uint64_t hash(std::string_view key) const noexcept { return region.hash(key); }
    /// From the first time that anybody sees a version on, moved records keep theirs (8 bytes each).
    void note_version_seen() const noexcept {
        if (!region.writable() || region.header().versions_seen.load(std::memory_order_relaxed) != 0) return;
        region.header().versions_seen.store(1, std::memory_order_relaxed);
    }
    void count(Count what, std::uint64_t n = 1) const noexcept { tally.add(what, n); }
};

}  // namespace larder::cache
