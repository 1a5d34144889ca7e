// The process table: an index for each handle that may write, so that a lock can name its owner and its life be asked of
// the kernel.
//
// Why an index is never mistaken: its byte (presence.hpp) is held by the open file description of the handle that owns it,
// from before its first store to the mapping until after its last. Whoever wants to treat the owner as dead must first take
// that byte itself, and keeps it while it takes the owner's locks over (INV-12).
#pragma once

#include "engine/region/region.hpp"

#include <larder/stats.hpp>
#include <larder/status.hpp>

#include <functional>
#include <string>

namespace larder::region {

/// Takes a free index, fills its entry in and sets region.self(). Locks still held by a dead last holder of the index are
/// given to `release_locks_of` first. too_many when all indexes are in use by living handles.
Status join(Region& region, const std::function<Status(std::uint32_t index)>& release_locks_of);
/// Gives the index back. The caller holds no shard lock.
void leave(Region& region) noexcept;
/// Whether the handle that owns an index lives. The own index always does.
bool is_alive(const Region& region, std::uint32_t index) noexcept;
/// Whether any handle but this one is attached for writing. Read-only handles leave no trace at all.
Result<bool> other_writers(const Region& region);
/// Who holds an index, for messages: "process 1234 (name), which is stopped".
std::string describe_owner(const Region& region, std::uint32_t index);
/// Who holds another byte of the lock space (presence.hpp), likewise.
std::string describe_holder(const Region& region, std::uint64_t byte);

}  // namespace larder::region
