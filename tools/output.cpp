#include "output.hpp"

#include "failure.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace larder::tools {
namespace {

constexpr std::size_t kGathered = 64 << 10;

[[noreturn]] void fail_writing(int error) {
    if (error == EPIPE) throw BrokenPipe{};
    throw Failure(ExitCode::cannot_use, "io_error", "stdout: " + std::generic_category().message(error));
}

}  // namespace

Output::Output(int descriptor) : descriptor_(descriptor) { buffer_.reserve(kGathered); }

void Output::write(std::string_view bytes) {
    if (buffer_.size() + bytes.size() > kGathered) flush();
    if (bytes.size() >= kGathered) {
        write_out(bytes);
    } else {
        buffer_ += bytes;
    }
}

void Output::document(const Json& json) {
    write(json_text(json));
    write("\n");
}

void Output::flush() {
    // Taken out first: after a failure the same bytes must not be tried again by close().
    const std::string pending = std::exchange(buffer_, {});
    write_out(pending);
}

void Output::close() {
    flush();
    // A descriptor that was closed before we started is no fault as long as there was nothing to say.
    if (::close(descriptor_) != 0 && errno != EBADF && errno != EINTR) fail_writing(errno);
}

bool Output::is_terminal() const { return ::isatty(descriptor_) == 1; }

void Output::write_out(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail_writing(errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string json_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace larder::tools
