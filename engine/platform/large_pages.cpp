#include "engine/platform/large_pages.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace larder::platform {

namespace {

// Newer than the C library's headers on Debian 12.
constexpr int kCollapse = 25;  // MADV_COLLAPSE

}  // namespace

void* place_for_large_pages(std::uint64_t offset, std::size_t length) noexcept {
    if (length < kLargePageBytes) return nullptr;
    // Where there is room for a large page more, there is room at an address that suits.
    void* const room = ::mmap(nullptr, length + kLargePageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) return nullptr;
    (void)::munmap(room, length + kLargePageBytes);
    const std::uint64_t excess = (offset - reinterpret_cast<std::uintptr_t>(room)) % kLargePageBytes;
    return static_cast<std::byte*>(room) + excess;
}

void use_large_pages(std::byte* begin, std::size_t length) noexcept { (void)::madvise(begin, length, kCollapse); }

}  // namespace larder::platform
