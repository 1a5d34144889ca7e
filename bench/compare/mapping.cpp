#include "compare/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace larder::bench {

namespace {

constexpr std::uint64_t kLarge = std::uint64_t{2} << 20U;
constexpr int kCollapse = 25;  // MADV_COLLAPSE, newer than Debian 12's headers

// Where a large page may begin, so that those of the file can be mapped as such.
char* map(int descriptor, std::uint64_t size, const std::string& path) {
    void* const room = mmap(nullptr, size + kLarge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room != MAP_FAILED) munmap(room, size + kLarge);
    void* const place = reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(room) + kLarge - 1) / kLarge * kLarge);
    void* memory = mmap(room != MAP_FAILED ? place : nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + path);
    return static_cast<char*>(memory);
}

}  // namespace

Mapping Mapping::create(const std::string& path, std::uint64_t size, Pages pages) {
    if (pages == Pages::large) size = (size + kLarge - 1) / kLarge * kLarge;
    unlink(path.c_str());
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) throw std::runtime_error("cannot create " + path);
    if (ftruncate(descriptor, static_cast<off_t>(size)) != 0) {
        close(descriptor);
        throw std::runtime_error("cannot size " + path);
    }
    Mapping mapping(map(descriptor, size, path), size);
    if (pages == Pages::large) mapping.enlarge_pages();
    return mapping;
}

void Mapping::enlarge_pages() {
    for (std::uint64_t at = 0; at < size_; at += kLarge) data_[at] = 0;
    if (madvise(data_, size_, kCollapse) != 0)
        std::fputs("no large pages for the limit: its figures are those of small ones\n", stderr);
}

Mapping Mapping::attach(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0 || fstat(descriptor, &status) != 0) throw std::runtime_error("cannot open " + path);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    return {map(descriptor, size, path), size};
}

Mapping::Mapping(Mapping&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}

Mapping::~Mapping() {
    if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace larder::bench
