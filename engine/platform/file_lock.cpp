#include "engine/platform/file_lock.hpp"

#include "engine/platform/clock.hpp"
#include "engine/platform/system_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <thread>

namespace larder::platform {
namespace {

// To the kernel a length of 0 means "to the end of all files", which no caller of ours means.
bool is_lockable(std::uint64_t offset, std::uint64_t length) noexcept {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
    return length > 0 && offset <= kMost && length <= kMost - offset;
}

Status bad_range() { return Status(Code::invalid_argument, "lock range is empty or beyond the largest file offset"); }

int call_fcntl(int descriptor, int command, struct flock& lock) noexcept {
    int result = 0;
    do {
        result = ::fcntl(descriptor, command, &lock);
    } while (result == -1 && errno == EINTR);
    return result;
}

struct flock make_lock(short type, std::uint64_t offset, std::uint64_t length) noexcept {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(offset);
    lock.l_len = static_cast<off_t>(length);
    lock.l_pid = 0;  // required of the open-file-description commands
    return lock;
}

}  // namespace

Result<bool> try_lock(int descriptor, std::uint64_t offset, std::uint64_t length, LockKind kind) noexcept {
    if (!is_lockable(offset, length)) return bad_range();
    struct flock lock = make_lock(kind == LockKind::exclusive ? F_WRLCK : F_RDLCK, offset, length);
    if (call_fcntl(descriptor, F_OFD_SETLK, lock) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    return system_error("fcntl(F_OFD_SETLK)", {}, errno);
}

Result<bool> lock_within(int descriptor, std::uint64_t offset, std::uint64_t length, LockKind kind,
                         std::chrono::milliseconds timeout) {
    constexpr std::chrono::nanoseconds kLongestSleep = std::chrono::milliseconds(1);
    const std::int64_t start = monotonic_ns();
    std::chrono::nanoseconds sleep = std::chrono::microseconds(20);
    while (true) {
        Result<bool> locked = try_lock(descriptor, offset, length, kind);
        if (!locked.ok() || *locked) return locked;
        const std::chrono::nanoseconds waited(monotonic_ns() - start);
        if (waited >= timeout) return false;
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(sleep, timeout - waited));
        sleep = std::min(sleep * 2, kLongestSleep);
    }
}

Status unlock(int descriptor, std::uint64_t offset, std::uint64_t length) noexcept {
    if (!is_lockable(offset, length)) return bad_range();
    struct flock lock = make_lock(F_UNLCK, offset, length);
    if (call_fcntl(descriptor, F_OFD_SETLK, lock) == 0) return Code::ok;
    return system_error("fcntl(F_OFD_SETLK)", {}, errno);
}

Result<bool> is_locked_by_other(int descriptor, std::uint64_t offset, std::uint64_t length, LockKind conflicting_with) noexcept {
    if (!is_lockable(offset, length)) return bad_range();
    struct flock lock = make_lock(conflicting_with == LockKind::exclusive ? F_WRLCK : F_RDLCK, offset, length);
    if (call_fcntl(descriptor, F_OFD_GETLK, lock) == 0) return lock.l_type != F_UNLCK;
    return system_error("fcntl(F_OFD_GETLK)", {}, errno);
}

}  // namespace larder::platform
