// Memory in pages of 2 MiB: one miss of the address translation where there would be up to 512, and a shorter one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larder::platform {

inline constexpr std::uint64_t kLargePageBytes = std::uint64_t{2} << 20;

/// An address at which [offset, offset+length) of a file can be mapped in large pages; nullptr where any will do. A hint for
/// mmap(): nothing is reserved there.
void* place_for_large_pages(std::uint64_t offset, std::size_t length) noexcept;
/// Puts large pages behind [begin, begin+length) of a mapping of a file in memory (tmpfs, memfd), whatever the system's setting
/// for such files (but `deny`), and allocates what has none; bytes stay as they are, for all who have the file mapped.
/// REQUIRES: multiples of kLargePageBytes; the first 4 KiB of each large page are allocated. A hint: where the file system, the
/// kernel (Linux 6.1 is the first) or the memory that is left does not allow it, nothing changes. Cost: clearing the pages and
/// copying what is there, 100 microseconds to some milliseconds each.
void use_large_pages(std::byte* begin, std::size_t length) noexcept;

}  // namespace larder::platform
