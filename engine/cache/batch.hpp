// Many lookups whose cache misses overlap: hash all, prefetch all buckets, prefetch all records, then read one by one.
#pragma once

#include "engine/cache/core.hpp"

#include <larder/cache.hpp>

#include <span>
#include <string_view>

namespace larder::cache {

/// Fills an answer for each key; returns the number of hits. REQUIRES: equal sizes.
std::size_t read_many(const Core& core, std::span<const std::string_view> keys, std::span<Lookup> answers, bool versions);

}  // namespace larder::cache
