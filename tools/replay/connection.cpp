#include "replay/connection.hpp"

#include "failure.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace larder::tools::replay {
namespace {

constexpr std::size_t kReplyChunk = std::size_t{1} << 17;
constexpr std::string_view kLineBreak = "\r\n";

[[noreturn]] void fail(const char* what, int error) {
    const std::string why = error == 0 ? "it hung up" : std::generic_category().message(error);
    throw Failure(ExitCode::cannot_use, "io_error", std::string("the server: ") + what + ": " + why);
}

}  // namespace

Connection::~Connection() {
    if (descriptor_ != -1) ::close(descriptor_);
}

bool Connection::connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) throw usage_failure(path + ": too long for a socket; choose a shorter --dir");
    std::copy(path.begin(), path.end(), static_cast<char*>(address.sun_path));
    if (descriptor_ == -1) descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor_ == -1) fail("socket", errno);
    const timeval patience{30, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

void Connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) fail("write", errno);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string_view Connection::line() {
    forget_taken();
    std::size_t end = buffer_.find(kLineBreak);
    while (end == std::string::npos) {
        fill();
        end = buffer_.find(kLineBreak);
    }
    position_ = end + kLineBreak.size();
    return std::string_view(buffer_).substr(0, end);
}

std::string_view Connection::bulk(std::size_t bytes) {
    forget_taken();
    while (buffer_.size() < bytes + kLineBreak.size()) fill();
    position_ = bytes + kLineBreak.size();
    return std::string_view(buffer_).substr(0, bytes);
}

void Connection::forget_taken() {
    buffer_.erase(0, position_);
    position_ = 0;
}

void Connection::fill() {
    std::array<char, kReplyChunk> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv() fills what is read of it
    const ssize_t got = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) fail("read", got == 0 ? 0 : errno);
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
}

}  // namespace larder::tools::replay
