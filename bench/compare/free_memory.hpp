// The memory that a store is about to take.
#pragma once

#include <cstdint>

namespace larder::bench {

/// Takes so many bytes of memory, writes to all of them and gives them back. In a virtual machine free memory may have gone
/// back to the host, and the first to touch it again waits for the host, milliseconds for 2 MiB: whoever comes first would pay
/// for all. Does nothing where there is not twice as much.
void touch_free_memory(std::uint64_t bytes);

}  // namespace larder::bench
