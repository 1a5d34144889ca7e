// A word to the kernel about what will be read next.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larder::platform {

/// Starts reading a page-aligned range of a mapping from disk, without waiting. A hint: failure changes nothing.
void will_need(std::byte* begin, std::uint64_t length) noexcept;

}  // namespace larder::platform
