// Open-file-description locks on single bytes: who is alive, asked of the kernel.
//
// A lock belongs to the open file description, not to the process: two opens of one file in one process are two owners, a
// forked child shares its parent's until both have closed the descriptor, and the kernel drops it with the last descriptor,
// however the process ends. The bytes may lie far beyond the end of the file.
#pragma once

#include <larder/status.hpp>

#include <chrono>
#include <cstdint>

namespace larder::platform {

enum class LockKind : std::uint8_t { shared, exclusive };

/// Takes a lock on [offset, offset+length) without waiting. False: somebody else holds it. An exclusive lock needs a
/// descriptor open for writing, a shared one a descriptor open for reading. Locking again what is held is ok (and converts).
Result<bool> try_lock(int descriptor, std::uint64_t offset, std::uint64_t length, LockKind kind) noexcept;
/// As try_lock, trying again (with short sleeps) until `timeout` has passed.
Result<bool> lock_within(int descriptor, std::uint64_t offset, std::uint64_t length, LockKind kind,
                         std::chrono::milliseconds timeout);
Status unlock(int descriptor, std::uint64_t offset, std::uint64_t length) noexcept;
/// Whether another open file description holds a lock on any byte of the range (of any kind, or an exclusive one only when
/// `conflicting_with` is shared). Works through a read-only descriptor.
Result<bool> is_locked_by_other(int descriptor, std::uint64_t offset, std::uint64_t length,
                                LockKind conflicting_with = LockKind::exclusive) noexcept;

}  // namespace larder::platform
