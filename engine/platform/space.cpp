#include "engine/platform/space.hpp"

#include "engine/platform/system_error.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string>

namespace larder::platform {
namespace {

// A signal makes some file systems (tmpfs) undo and refuse a whole allocation. In steps of this size a process with a busy
// timer still gets on.
constexpr std::uint64_t kStep = std::uint64_t{64} << 20;

int call_fallocate(int descriptor, int mode, std::uint64_t offset, std::uint64_t length) noexcept {
    int result = 0;
    do {
        result = ::fallocate(descriptor, mode, static_cast<off_t>(offset), static_cast<off_t>(length));
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

Status write_zeros(int descriptor, std::string_view path, std::uint64_t offset, std::uint64_t end) {
    static constexpr std::array<char, 65536> kZeros{};
    while (offset < end) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kZeros.size(), end - offset));
        const ssize_t written = ::pwrite(descriptor, kZeros.data(), count, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("pwrite", path, errno);
        if (written == 0) return system_error("pwrite", path, EIO);
        offset += static_cast<std::uint64_t>(written);
    }
    return Code::ok;
}

}  // namespace

Status commit_range(int descriptor, std::string_view path, std::uint64_t offset, std::uint64_t length) {
    while (length > 0) {
        const std::uint64_t step = std::min(length, kStep);
        // Keeping the size: another process may be making the file shorter meanwhile.
        const int error = call_fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, step);
        if (error == EOPNOTSUPP || error == ENOSYS) return commit_by_writing(descriptor, path, offset, length);
        if (error != 0) return system_error("fallocate", path, error);
        offset += step;
        length -= step;
    }
    return Code::ok;
}

Status commit_by_writing(int descriptor, std::string_view path, std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t end = offset + length;
    while (offset < end) {
        const off_t hole = ::lseek(descriptor, static_cast<off_t>(offset), SEEK_HOLE);
        if (hole < 0) return system_error("lseek(SEEK_HOLE)", path, errno);
        if (static_cast<std::uint64_t>(hole) >= end) break;
        const off_t data = ::lseek(descriptor, hole, SEEK_DATA);
        if (data < 0 && errno != ENXIO) return system_error("lseek(SEEK_DATA)", path, errno);
        const std::uint64_t hole_end = data < 0 ? end : std::min(end, static_cast<std::uint64_t>(data));
        Status status = write_zeros(descriptor, path, static_cast<std::uint64_t>(hole), hole_end);
        if (!status.ok()) return status;
        offset = hole_end;
    }
    return Code::ok;
}

void load_single_pages(std::byte* begin, std::uint64_t length) noexcept { (void)::madvise(begin, length, MADV_RANDOM); }

Status decommit_range(int descriptor, std::string_view path, std::uint64_t offset, std::uint64_t length) {
    if (length == 0) return Code::ok;
    const int error = call_fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
    return error == 0 ? Status() : system_error("fallocate(FALLOC_FL_PUNCH_HOLE)", path, error);
}

std::uint64_t next_data(int descriptor, std::uint64_t offset) noexcept {
    const off_t data = ::lseek(descriptor, static_cast<off_t>(offset), SEEK_DATA);
    if (data >= 0) return static_cast<std::uint64_t>(data);
    return errno == ENXIO ? std::numeric_limits<std::uint64_t>::max() : offset;
}

std::uint64_t rest_of_page(std::uint64_t position) noexcept {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return (page - position % page) % page;
}

Status resize_file(int descriptor, std::string_view path, std::uint64_t size) {
    if (size == 0 || size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
        return Status(Code::invalid_argument, "size " + std::to_string(size) + " is not between 1 and the largest file size");
    }
    int result = 0;
    do {
        result = ::ftruncate(descriptor, static_cast<off_t>(size));
    } while (result != 0 && errno == EINTR);
    return result == 0 ? Status() : system_error("ftruncate", path, errno);
}

}  // namespace larder::platform
