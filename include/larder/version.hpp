// The library's version and the file format's.
#pragma once

#include <larder/status.hpp>

#include <cstdint>
#include <string_view>

namespace larder {

/// The library's version, such as "0.1.0".
LARDER_API std::string_view version() noexcept;
/// The format version that this library writes (engine/FORMAT.md).
LARDER_API std::uint32_t format_version() noexcept;

}  // namespace larder
