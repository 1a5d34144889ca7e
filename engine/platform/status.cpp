#include <larder/status.hpp>

#include <array>
#include <cstddef>

namespace larder {
namespace {

constexpr std::array<std::string_view, 21> kNames = {
    "ok",          "not_found",     "exists",  "version_mismatch", "size_mismatch", "not_a_number", "invalid_argument",
    "too_large",   "full",          "busy",    "read_only",        "closed",        "permission",   "no_such_file",
    "not_a_cache", "wrong_version", "corrupt", "io_error",         "unsupported",   "too_many",     "lost",
};
static_assert(static_cast<std::size_t>(Code::lost) + 1 == kNames.size());

}  // namespace

std::string_view code_name(Code code) noexcept {
    const auto number = static_cast<std::size_t>(code);
    return number < kNames.size() ? kNames[number] : "unknown";
}

}  // namespace larder
