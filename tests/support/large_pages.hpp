// What the kernel gives in pages of 2 MiB.
#pragma once

#include <cstdint>

namespace larder::tests {

/// How much of this process's mappings of files in memory is mapped in large pages.
std::uint64_t mapped_in_large_pages();
/// Whether the kernel gives a large page to who asks for one.
bool has_large_pages();

}  // namespace larder::tests
