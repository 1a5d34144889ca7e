// Why a command gave up: an exit code, a stable name for programs, and one line for people.
#pragma once

#include "exit_code.hpp"

#include <larder/status.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace larder::tools {

class Failure : public std::runtime_error {
  public:
    /// REQUIRES: `name` lasts as long as the program.
    Failure(ExitCode exit, std::string_view name, const std::string& message)
        : std::runtime_error(message), exit_(exit), name_(name) {}
    /// `culprit` is the file or key that the status is about; said only where the message does not name it already.
    Failure(const Status& status, std::string_view culprit);

    ExitCode exit() const noexcept { return exit_; }
    /// Such as "not_found"; "usage" and "bad_input" where no library code is behind it.
    std::string_view name() const noexcept { return name_; }

  private:
    ExitCode exit_;
    std::string_view name_;
};

inline Failure usage_failure(const std::string& message) { return {ExitCode::usage, "usage", message}; }

/// Throws unless ok.
inline void check(const Status& status, std::string_view culprit) {
    if (!status.ok()) throw Failure(status, culprit);
}

template <class T>
T check(Result<T> result, std::string_view culprit) {
    if (!result.ok()) throw Failure(result.status(), culprit);
    return *std::move(result);
}

}  // namespace larder::tools
