// What the process returns to its parent. Scripts depend on the numbers: they never change.
#pragma once

#include <larder/status.hpp>

namespace larder::tools {

enum class ExitCode : int {
    yes = 0,
    no = 1,          ///< no such key, or the key's state forbids it (present for add, another version, not a number)
    usage = 2,       ///< the command line or a line of input is wrong
    cannot_use = 3,  ///< the file, or the output, cannot be opened, read or written
    corrupt = 4,
    full = 5,  ///< no space, or beyond the size limits
    busy = 6,  ///< a bounded wait ran out, or too many processes
};

/// The only place that maps the library's codes.
constexpr ExitCode exit_code(Code code) noexcept {
    switch (code) {
        case Code::ok:
            return ExitCode::yes;
        case Code::not_found:
        case Code::exists:
        case Code::version_mismatch:
        case Code::size_mismatch:
        case Code::not_a_number:
            return ExitCode::no;
        case Code::invalid_argument:
            return ExitCode::usage;
        case Code::corrupt:
            return ExitCode::corrupt;
        case Code::too_large:
        case Code::full:
            return ExitCode::full;
        case Code::busy:
        case Code::too_many:
            return ExitCode::busy;
        case Code::read_only:
        case Code::closed:
        case Code::permission:
        case Code::no_such_file:
        case Code::not_a_cache:
        case Code::wrong_version:
        case Code::io_error:
        case Code::unsupported:
        case Code::lost:
            return ExitCode::cannot_use;
    }
    return ExitCode::cannot_use;
}

}  // namespace larder::tools
