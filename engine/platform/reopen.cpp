#include "engine/platform/reopen.hpp"

#include "engine/platform/file_state.hpp"
#include "engine/platform/system_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <memory>
#include <string>

namespace larder::platform {
namespace {

// "/proc/self/fd/N" without allocating.
class ProcPath {
  public:
    explicit ProcPath(int descriptor) noexcept {
        std::memcpy(text_.data(), kDirectory.data(), kDirectory.size());
        char* const number = text_.data() + kDirectory.size();
        *std::to_chars(number, text_.data() + text_.size() - 1, descriptor).ptr = '\0';
    }
    const char* c_str() const noexcept { return text_.data(); }

  private:
    static constexpr std::string_view kDirectory = "/proc/self/fd/";
    std::array<char, 32> text_{};
};

// The name by which the file is known; empty for memory and for files whose name is gone.
std::string path_of(int descriptor) {
    std::array<char, PATH_MAX> text{};
    const ssize_t length = ::readlink(ProcPath(descriptor).c_str(), text.data(), text.size());
    if (length <= 0) return {};
    std::string path(text.data(), static_cast<std::size_t>(length));
    return path.ends_with(" (deleted)") ? std::string() : path;
}

}  // namespace

int reopen_descriptor(int descriptor, Access access) noexcept {
    if (descriptor < 0) {
        errno = EBADF;
        return -1;
    }
    const int flags = (access == Access::read_write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    return ::open(ProcPath(descriptor).c_str(), flags);
}

Result<MappedFile> reopen(int descriptor, Access access, std::string path) {
    Descriptor opened(reopen_descriptor(descriptor, access));
    if (!opened.is_open()) return system_error("open", ProcPath(descriptor).c_str(), errno);
    if (path.empty()) path = path_of(descriptor);
    return FileState::to_file(std::make_shared<FileState>(std::move(opened), std::move(path), access, false));
}

void close_descriptor(int descriptor) noexcept { ::close(descriptor); }

}  // namespace larder::platform
