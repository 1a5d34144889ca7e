// A word to the kernel about what will be read next.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larder::platform {

/// Starts reading a page-aligned range of a mapping from disk, without waiting. A hint: failure changes nothing.
void will_need(std::byte* begin, std::uint64_t length) noexcept;
/// A page that is touched in this range is to be read alone. Else the kernel also makes pages, zeroed, of the hole around it:
/// as many as the disk's read-ahead is set to, which may be megabytes. A hint.
void read_singly(std::byte* begin, std::uint64_t length) noexcept;

}  // namespace larder::platform
