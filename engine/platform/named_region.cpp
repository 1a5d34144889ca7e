#include "engine/platform/named_region.hpp"

#include "engine/platform/clock.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/platform/file_lock.hpp"
#include "engine/platform/file_maker.hpp"
#include "engine/platform/file_shape.hpp"
#include "engine/platform/reopen.hpp"
#include "engine/platform/space.hpp"
#include "engine/platform/system_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace larder::platform {
namespace {

using StatePointer = std::shared_ptr<FileState>;

constexpr std::string_view kPrefix = "/dev/shm/larder-region-";
constexpr std::size_t kLongestName = 200;
constexpr std::chrono::seconds kLongestWait{1};

struct OpenFile {
    Descriptor descriptor;
    bool writable = true;
};

class RegionOpener {
  public:
    RegionOpener(std::string path, std::uint64_t size, const FileOptions& options) noexcept
        : path_(std::move(path)), size_(size), options_(options) {}

    Result<StatePointer> open(bool& created) const;

  private:
    Result<OpenFile> open_file() const;
    Result<StatePointer> attach(bool& created) const;
    Result<StatePointer> create() const;
    Result<StatePointer> replace(const OpenFile& stale, bool& created) const;
    Result<StatePointer> become_user(int descriptor, bool writable) const;
    Status busy() const { return Status(Code::busy, path_ + " is being opened or closed by a process that does not get on"); }

    std::string path_;
    std::uint64_t size_;
    FileOptions options_;
};

// A null state stands for "the name changed hands meanwhile: try again".
Result<StatePointer> again() { return StatePointer(); }

// Unlocks by name, not by closing: a child forked meanwhile has a copy of the descriptor, and would keep the lock.
class OpeningLock {
  public:
    explicit OpeningLock(int descriptor) noexcept : descriptor_(descriptor) {}
    OpeningLock(const OpeningLock&) = delete;
    OpeningLock& operator=(const OpeningLock&) = delete;
    ~OpeningLock() { static_cast<void>(unlock(descriptor_, kOpeningByte, 1)); }

  private:
    int descriptor_;
};

Result<StatePointer> RegionOpener::open(bool& created) const {
    const std::int64_t start = monotonic_ns();
    while (std::chrono::nanoseconds(monotonic_ns() - start) < kLongestWait) {
        created = false;
        Result<StatePointer> state = attach(created);
        if (state.code() == Code::no_such_file) {
            state = create();
            created = state.ok();
        }
        const bool repeat = state.ok() ? *state == nullptr : state.code() == Code::exists;
        if (!repeat) return state;
    }
    return busy();
}

Result<OpenFile> RegionOpener::open_file() const {
    const int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    OpenFile file{Descriptor(::open(path_.c_str(), O_RDWR | flags)), true};
    if (!file.descriptor.is_open() && errno == EACCES && options_.access == Access::read_only) {
        file = OpenFile{Descriptor(::open(path_.c_str(), O_RDONLY | flags)), false};
    }
    if (!file.descriptor.is_open()) return system_error("open", path_, errno);
    struct stat status {};
    if (::fstat(file.descriptor.number(), &status) != 0) return system_error("fstat", path_, errno);
    if (!S_ISREG(status.st_mode)) return Status(Code::invalid_argument, path_ + " is not a regular file");
    return file;
}

Result<StatePointer> RegionOpener::attach(bool& created) const {
    Result<OpenFile> file = open_file();
    if (!file.ok()) return file.status();
    const int descriptor = file->descriptor.number();
    LARDER_FAULT_POINT("named_region.opened");
    // A reader without permission to write can hold this lock shared only: enough to keep closers out.
    const LockKind kind = file->writable ? LockKind::exclusive : LockKind::shared;
    const Result<bool> opening = lock_within(descriptor, kOpeningByte, 1, kind, kLongestWait);
    if (!opening.ok()) return opening.status();
    if (!*opening) return busy();
    const OpeningLock unlock_afterwards(descriptor);
    if (!is_name_of(path_, descriptor)) return again();
    const Result<bool> used = is_locked_by_other(descriptor, kUserByte, 1);
    if (!used.ok()) return used.status();
    if (!*used) return replace(*file, created);
    return become_user(descriptor, file->writable);
}

Result<StatePointer> RegionOpener::replace(const OpenFile& stale, bool& created) const {
    if (!stale.writable) {
        return Status(Code::permission, path_ + " was left behind by its users, and this process may not replace it");
    }
    if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return again();
    if (errno != EPERM && errno != EACCES) return system_error("unlink", path_, errno);
    // Somebody else's, in a directory where only they may remove it: used again as it is, but as new.
    const int descriptor = stale.descriptor.number();
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return system_error("fstat", path_, errno);
    Status emptied = decommit_range(descriptor, path_, 0, static_cast<std::uint64_t>(status.st_size));
    if (emptied.ok()) emptied = resize_file(descriptor, path_, size_);
    if (emptied.ok() && options_.commit) emptied = commit_range(descriptor, path_, 0, size_);
    if (!emptied.ok()) return emptied;
    created = true;
    return become_user(descriptor, true);
}

Result<StatePointer> RegionOpener::create() const {
    Result<FileMaker> maker = FileMaker::make(path_, size_, options_);
    if (!maker.ok()) return maker.status();
    Result<StatePointer> state = become_user(maker->file().descriptor(), true);
    if (!state.ok() || *state == nullptr) return state;
    Status published = maker->publish();
    if (!published.ok()) return published;
    return state;
}

Result<StatePointer> RegionOpener::become_user(int descriptor, bool writable) const {
    // A description that no forked child has seen: else the child would be a user that nobody knows of.
    const ForkPause pause;
    Descriptor own(reopen_descriptor(descriptor, writable ? Access::read_write : Access::read_only));
    // Its mode may keep even its creator from opening it again.
    if (!own.is_open() && errno == EACCES) own.reset(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!own.is_open()) return system_error("open", path_, errno);
    const Result<bool> locked = try_lock(own.number(), kUserByte, 1, LockKind::shared);
    if (!locked.ok()) return locked.status();
    if (!*locked) return again();
    if (options_.inheritable && ::fcntl(own.number(), F_SETFD, 0) != 0) return system_error("fcntl", path_, errno);
    return StatePointer(std::make_shared<NamedRegionState>(std::move(own), path_, writable, options_));
}

}  // namespace

Result<std::string> named_region_path(std::string_view name) {
    if (name.empty() || name.size() > kLongestName) return Status(Code::invalid_argument, "name is not 1 to 200 bytes long");
    if (name.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos) {
        return Status(Code::invalid_argument, "name holds a slash or a zero byte");
    }
    return std::string(kPrefix).append(name);
}

Result<StatePointer> open_named_region(std::string_view name, std::uint64_t size, const FileOptions& options, bool& created) {
    Result<std::string> path = named_region_path(name);
    if (!path.ok()) return path.status();
    Status status = check_options(options);
    if (!status.ok()) return status;
    if (size == 0) return Status(Code::invalid_argument, "size is 0");
    return RegionOpener(std::move(*path), size, options).open(created);
}

}  // namespace larder::platform
