#include "input.hpp"

#include "failure.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace larder::tools {
namespace {

constexpr std::size_t kReadAtOnce = 256 << 10;

[[noreturn]] void fail_reading(const std::string& name, int error) {
    throw Failure(ExitCode::cannot_use, "io_error", name + ": " + std::generic_category().message(error));
}

}  // namespace

Input::Input(const std::string& path) : name_(path == "-" ? "stdin" : path) {
    owned_ = path != "-";
    descriptor_ = owned_ ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (descriptor_ < 0) fail_reading(name_, errno);
    struct stat facts {};
    if (::fstat(descriptor_, &facts) == 0 && S_ISREG(facts.st_mode)) size_ = static_cast<std::uint64_t>(facts.st_size);
}

Input::~Input() {
    if (owned_) ::close(descriptor_);
}

void Input::fill(std::size_t least) {
    before_buffer_ += position_;
    buffer_.erase(0, position_);
    position_ = 0;
    while (!ended_ && buffer_.size() < least) {
        const std::size_t had = buffer_.size();
        buffer_.resize(had + kReadAtOnce);
        const ssize_t got = ::read(descriptor_, buffer_.data() + had, kReadAtOnce);
        const int error = errno;
        buffer_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got < 0 && error != EINTR) fail_reading(name_, error);
        // Not asked again: on a terminal the end of the input is only said once.
        ended_ = got == 0;
    }
}

std::string_view Input::ahead(std::size_t least) {
    if (buffer_.size() - position_ < least) fill(least);
    return std::string_view(buffer_).substr(position_);
}

std::optional<char> Input::peek() {
    const std::string_view some = ahead();
    if (some.empty()) return std::nullopt;
    return some.front();
}

std::optional<std::string> Input::read_all(std::uint64_t limit) {
    std::string all;
    for (std::string_view some = ahead(); !some.empty(); some = ahead()) {
        if (all.size() + some.size() > limit) return std::nullopt;
        all += some;
        take(some.size());
    }
    return all;
}

}  // namespace larder::tools
