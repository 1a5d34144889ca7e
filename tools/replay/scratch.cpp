#include "replay/scratch.hpp"

#include "failure.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <unistd.h>

namespace larder::tools::replay {
namespace {

std::string parent_of(const std::string& wanted) {
    if (!wanted.empty()) return wanted;
    const char* const variable = std::getenv("TMPDIR");
    if (variable != nullptr && *variable != '\0') return variable;
    return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

}  // namespace

Scratch::Scratch(const std::string& parent) : directory_(parent_of(parent) + "/larder-replay-XXXXXX") {
    if (::mkdtemp(directory_.data()) != nullptr) return;
    const std::string why = std::generic_category().message(errno);
    throw Failure(ExitCode::cannot_use, "io_error", parent_of(parent) + ": cannot make a directory in it: " + why);
}

Scratch::~Scratch() {
    if (keep_) return;
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

}  // namespace larder::tools::replay
