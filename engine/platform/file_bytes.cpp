#include "engine/platform/file_bytes.hpp"

#include "engine/platform/system_error.hpp"

#include <unistd.h>

#include <cerrno>

namespace larder::platform {

Status read_bytes(int descriptor, std::string_view path, std::uint64_t offset, void* to, std::size_t length) {
    auto* at = static_cast<std::byte*>(to);
    while (length > 0) {
        const ssize_t count = ::pread(descriptor, at, length, static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return system_error("pread", path, count < 0 ? errno : EIO);
        at += count;
        offset += static_cast<std::uint64_t>(count);
        length -= static_cast<std::size_t>(count);
    }
    return Code::ok;
}

}  // namespace larder::platform
