#include "engine/platform/file_shape.hpp"

#include "engine/platform/space.hpp"
#include "engine/platform/system_error.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <string>

namespace larder::platform {
namespace {

// The largest number stands for "leave as it is" in chown(2), as -1 does here.
bool is_id(std::int64_t id) noexcept { return id >= -1 && id < std::numeric_limits<std::uint32_t>::max(); }

Status check_mode(std::uint32_t mode) {
    if (mode <= 07777) return Code::ok;
    return Status(Code::invalid_argument, "mode " + std::to_string(mode) + " has more than permission bits");
}

Status check_ids(std::int64_t owner, std::int64_t group) {
    if (!is_id(owner)) return Status(Code::invalid_argument, "owner " + std::to_string(owner) + " is no user id and not -1");
    if (!is_id(group)) return Status(Code::invalid_argument, "group " + std::to_string(group) + " is no group id and not -1");
    return Code::ok;
}

}  // namespace

Status check_path(std::string_view path) {
    if (path.empty()) return Status(Code::invalid_argument, "path is empty");
    if (path.find('\0') != std::string_view::npos) return Status(Code::invalid_argument, "path holds a zero byte");
    return Code::ok;
}

Status check_options(const FileOptions& options) {
    Status status = check_mode(options.mode);
    if (!status.ok()) return status;
    return check_ids(options.owner, options.group);
}

bool is_name_of(const std::string& path, int descriptor) noexcept {
    struct stat named {};
    struct stat open {};
    return ::lstat(path.c_str(), &named) == 0 && ::fstat(descriptor, &open) == 0 && named.st_dev == open.st_dev &&
           named.st_ino == open.st_ino;
}

Status change_mode(int descriptor, std::string_view path, std::uint32_t mode) {
    Status status = check_mode(mode);
    if (!status.ok()) return status;
    return ::fchmod(descriptor, static_cast<mode_t>(mode)) == 0 ? Status() : system_error("fchmod", path, errno);
}

Status change_owner(int descriptor, std::string_view path, std::int64_t owner, std::int64_t group) {
    Status status = check_ids(owner, group);
    if (!status.ok()) return status;
    if (owner == -1 && group == -1) return Code::ok;
    const int result = ::fchown(descriptor, static_cast<uid_t>(owner), static_cast<gid_t>(group));
    return result == 0 ? Status() : system_error("fchown", path, errno);
}

Status give_shape(int descriptor, std::string_view path, std::uint64_t size, const FileOptions& options) {
    Status status = resize_file(descriptor, path, size);
    if (status.ok() && options.commit) status = commit_range(descriptor, path, 0, size);
    // The owner before the mode: changing the owner clears the set-id bits.
    if (status.ok()) status = change_owner(descriptor, path, options.owner, options.group);
    if (status.ok()) status = change_mode(descriptor, path, options.mode);
    return status;
}

}  // namespace larder::platform
