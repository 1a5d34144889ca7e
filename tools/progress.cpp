#include "progress.hpp"

#include "quantity.hpp"
#include "session.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace larder::tools {
namespace {

// Work that is done sooner shows nothing at all.
constexpr std::chrono::milliseconds kFirst{300};
constexpr std::chrono::milliseconds kEvery{100};

void put(std::string_view text) {
    const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
    static_cast<void>(ignored);
}

}  // namespace

Progress::Progress(const Session& session, std::string what)
    : what_(std::move(what)),
      on_(!session.json() && ::isatty(STDERR_FILENO) == 1),
      next_(std::chrono::steady_clock::now() + kFirst) {}

bool Progress::due() {
    if (!on_) return false;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return false;
    next_ = now + kEvery;
    return true;
}

void Progress::bytes(std::uint64_t done, std::uint64_t total) {
    if (!due()) return;
    const std::string text = size_text(done);
    show(text.substr(0, text.find(" (")), done, total);
}

void Progress::count(std::uint64_t done, std::uint64_t total) {
    if (due()) show(std::to_string(done), done, total);
}

void Progress::show(const std::string& done, std::uint64_t part, std::uint64_t total) {
    std::string line = "\r" + what_ + ": " + done;
    if (total != 0) {
        const double ratio = std::min(1.0, static_cast<double>(part) / static_cast<double>(total));
        line += ", " + std::to_string(static_cast<int>(ratio * 100)) + "%";
    }
    put(line + "\033[K");
    shown_ = true;
}

void Progress::clear() {
    if (shown_) put("\r\033[K");
    shown_ = false;
}

}  // namespace larder::tools
