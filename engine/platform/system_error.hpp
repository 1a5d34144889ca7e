// What the operating system refused, as a Status.
#pragma once

#include <larder/status.hpp>

#include <string_view>

namespace larder::platform {

/// A Status whose message names the call, the path (where there is one) and what errno means. Allocates; where that fails, the
/// Status is the code alone.
Status system_error(std::string_view call, std::string_view path, int error) noexcept;

}  // namespace larder::platform
