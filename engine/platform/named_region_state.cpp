#include "engine/platform/file_lock.hpp"
#include "engine/platform/file_shape.hpp"
#include "engine/platform/named_region.hpp"
#include "engine/platform/reopen.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace larder::platform {
namespace {

// Openers and closers hold the opening byte for microseconds, but one of them may have been stopped.
constexpr std::chrono::seconds kLongestClose{1};

bool holds(const Result<bool>& locked) noexcept { return locked.ok() && *locked; }

}  // namespace

NamedRegionState::NamedRegionState(Descriptor descriptor, std::string region_path, bool writable,
                                   const FileOptions& options) noexcept
    : FileState(std::move(descriptor), std::string(), options.access, options.inheritable),
      region_path_(std::move(region_path)),
      writable_(writable) {}

NamedRegionState::~NamedRegionState() {
    stop_watching();
    if (is_open()) leave();
}

Status NamedRegionState::close() {
    stop_watching();
    leave();
    return FileState::close();
}

// The locks are given up by name, not by closing alone: a child forked at this moment may have a copy of the descriptor.
void NamedRegionState::leave() noexcept {
    const int file = descriptor();
    // Who cannot get the exclusive lock leaves the name to the next opener, who will find that nobody uses it.
    if (writable_ && holds(lock_within(file, kOpeningByte, 1, LockKind::exclusive, kLongestClose))) {
        const bool is_last = holds(try_lock(file, kUserByte, 1, LockKind::exclusive));
        if (is_last && is_name_of(region_path_, file)) ::unlink(region_path_.c_str());
    }
    static_cast<void>(unlock(file, kUserByte, 2));
}

void NamedRegionState::before_fork() noexcept {
    childs_ = Descriptor(reopen_descriptor(descriptor(), writable_ ? Access::read_write : Access::read_only));
    if (childs_.is_open() && !holds(try_lock(childs_.number(), kUserByte, 1, LockKind::shared))) childs_.reset();
}

void NamedRegionState::after_fork_in_parent() noexcept { childs_.reset(); }

void NamedRegionState::after_fork_in_child() noexcept {
    const bool replaced =
        childs_.is_open() && ::dup3(childs_.number(), descriptor(), inheritable() ? 0 : O_CLOEXEC) == descriptor();
    // Without a description of its own the child is no user: keeping the parent's would keep the parent a user after its end.
    if (!replaced) descriptor_.reset();
    childs_.reset();
}

}  // namespace larder::platform
