// Bytes of a file without mapping it: those that nobody may change between the check and the use.
#pragma once

#include <larder/status.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder::platform {

/// Copies `length` bytes from `offset`. io_error when the file ends before.
Status read_bytes(int descriptor, std::string_view path, std::uint64_t offset, void* to, std::size_t length);

}  // namespace larder::platform
