// The space budget: how much of the capacity is committed, and by whom. Nothing is counted twice: the sum is taken over
// what each shard says it holds, whenever it is needed, so that there is no total that a killed process could leave wrong.
#pragma once

#include "engine/region/region.hpp"

#include <cstdint>

namespace larder::region {

struct SpaceUse {
    std::uint64_t fixed = 0;
    std::uint64_t index = 0;
    std::uint64_t segments = 0;
    std::uint64_t total() const noexcept { return fixed + index + segments; }
};

/// What is committed now. Cost: a line a shard and one a process-table page.
SpaceUse space_in_use(const Region& region) noexcept;
/// Bytes of index (ghosts included) that a shard has committed.
std::uint64_t shard_index_bytes(const format::ShardHeader& shard) noexcept;
/// Whether the cache is so large that a large page more or less does not count.
bool is_worth_large_pages(const Region& region) noexcept;
/// Whether `bytes` more fit the capacity.
bool fits_capacity(const Region& region, std::uint64_t bytes) noexcept;

}  // namespace larder::region
