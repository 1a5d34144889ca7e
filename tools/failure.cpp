#include "failure.hpp"

namespace larder::tools {
namespace {

/// Many statuses carry no message of their own, only a name made for programs.
std::string words(const Status& status) {
    std::string message = status.message();
    if (message != code_name(status.code())) return message;
    switch (status.code()) {
        case Code::not_found:
            return "no such key";
        case Code::exists:
            return "exists already";
        case Code::version_mismatch:
            return "has another version";
        case Code::not_a_number:
            return "not a decimal 64-bit integer, or the sum overflows";
        case Code::too_large:
            return "too large for this cache";
        case Code::full:
            return "no space, and nothing that may be evicted";
        case Code::busy:
            return "timed out waiting";
        case Code::invalid_argument:
            return "invalid argument";
        case Code::no_such_file:
            return "no such file";
        case Code::permission:
            return "permission denied";
        case Code::not_a_cache:
            return "not a Larder cache";
        default:
            return message;
    }
}

std::string sentence(const Status& status, std::string_view culprit) {
    std::string message = words(status);
    if (culprit.empty() || message.find(culprit) != std::string::npos) return message;
    return std::string(culprit) + ": " + message;
}

}  // namespace

Failure::Failure(const Status& status, std::string_view culprit)
    : Failure(exit_code(status.code()), code_name(status.code()), sentence(status, culprit)) {}

}  // namespace larder::tools
