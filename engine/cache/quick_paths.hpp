// The reads that are worth a copy of their code for each instruction set: chosen once a handle, called through a table.
#pragma once

#include "engine/cache/core.hpp"

#include <larder/cache.hpp>

#include <span>
#include <string>
#include <string_view>

namespace larder::cache {

struct QuickPaths {
    /// As Cache::get(): answers whole, so that the handle has nothing to do after the call.
    Status (*get)(const Core& core, std::string_view key, std::string& value, RecordInfo* info);
    /// Many lookups whose cache misses overlap. Fills an answer for each key; returns the number of hits. REQUIRES: equal sizes.
    std::size_t (*get_many)(const Core& core, std::span<const std::string_view> keys, std::span<Lookup> answers, bool versions);
};

/// The best that this processor can.
const QuickPaths& quick_paths() noexcept;

}  // namespace larder::cache
