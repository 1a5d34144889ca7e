#include "compare/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace larder::bench {

namespace {

char* map(int descriptor, std::uint64_t size, const std::string& path) {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + path);
    return static_cast<char*>(memory);
}

}  // namespace

Mapping Mapping::create(const std::string& path, std::uint64_t size) {
    unlink(path.c_str());
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) throw std::runtime_error("cannot create " + path);
    if (ftruncate(descriptor, static_cast<off_t>(size)) != 0) {
        close(descriptor);
        throw std::runtime_error("cannot size " + path);
    }
    return {map(descriptor, size, path), size};
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
