#include "engine/platform/system_error.hpp"

#include <cerrno>
#include <cstring>
#include <new>
#include <string>

namespace larder::platform {
namespace {

Code code_of(int error) noexcept {
    switch (error) {
        case EACCES:
        case EPERM:
        case EROFS:
        case ETXTBSY:
            return Code::permission;
        case ENOENT:
            return Code::no_such_file;
        case EEXIST:
            return Code::exists;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return Code::full;
        case EISDIR:
        case ELOOP:
        case ENAMETOOLONG:
            return Code::invalid_argument;
        case EOPNOTSUPP:
        case ENOSYS:
            return Code::unsupported;
        default:
            return Code::io_error;
    }
}

// strerror_r() comes in two kinds: GNU's returns the text, POSIX's (musl) fills the buffer and returns a number.
[[maybe_unused]] const char* text_of(const char* text, const char* /*buffer*/) noexcept { return text; }
[[maybe_unused]] const char* text_of(int result, const char* buffer) noexcept { return result == 0 ? buffer : "unknown error"; }

}  // namespace

Status system_error(std::string_view call, std::string_view path, int error) noexcept {
    try {
        char buffer[128] = "";
        const char* text = text_of(strerror_r(error, buffer, sizeof(buffer)), buffer);
        std::string message(call);
        if (!path.empty()) message.append(" ").append(path);
        message.append(": ").append(text);
        return Status(code_of(error), std::move(message));
    } catch (const std::bad_alloc&) {
        return Status(code_of(error));
    }
}

}  // namespace larder::platform
