#include "compare/free_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

namespace larder::bench {

void touch_free_memory(std::uint64_t bytes) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    if (static_cast<std::uint64_t>(sysconf(_SC_AVPHYS_PAGES)) * page < 2 * bytes) return;
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    // Free memory goes back to the host in large pieces, so it is taken in large pieces.
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
    for (std::uint64_t at = 0; at < bytes; at += page) static_cast<volatile std::byte*>(memory)[at] = std::byte{1};
    munmap(memory, bytes);
}

}  // namespace larder::bench
