#include "tests/support/large_pages.hpp"

#include "engine/platform/large_pages.hpp"

#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace larder::tests {

std::uint64_t mapped_in_large_pages() {
    std::ifstream sums("/proc/self/smaps_rollup");
    const std::string wanted = "ShmemPmdMapped:";
    for (std::string line; std::getline(sums, line);) {
        if (line.starts_with(wanted)) return std::stoull(line.substr(wanted.size())) << 10U;
    }
    return 0;
}

bool has_large_pages() {
    constexpr std::size_t kBytes = platform::kLargePageBytes;
    const int file = ::memfd_create("probe", MFD_CLOEXEC);
    if (file < 0 || ::ftruncate(file, kBytes) != 0 || ::posix_fallocate(file, 0, 4096) != 0) return false;
    void* const memory = ::mmap(platform::place_for_large_pages(0, kBytes), kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (memory == MAP_FAILED) return false;
    const std::uint64_t before = mapped_in_large_pages();
    platform::use_large_pages(static_cast<std::byte*>(memory), kBytes);
    *static_cast<volatile char*>(memory) = 1;
    const bool is_large = mapped_in_large_pages() > before;
    ::munmap(memory, kBytes);
    return is_large;
}

}  // namespace larder::tests
