#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace larder::tests {

namespace {

std::string parent_directory() {
    if (const char* chosen = std::getenv("TMPDIR"); chosen != nullptr && *chosen != '\0') return chosen;
    if (::access("/dev/shm", W_OK) == 0) return "/dev/shm";
    return "/tmp";
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() : path_(parent_directory() + "/larder-test-XXXXXX"), maker_(::getpid()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make the directory " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
    if (::getpid() != maker_) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::string bytes(stream ? std::filesystem::file_size(path) : 0, '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!stream) throw std::runtime_error("cannot read " + path);
    return bytes;
}

void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (!stream) throw std::runtime_error("cannot write " + path);
}

std::uint64_t allocated_bytes(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw std::runtime_error("cannot stat " + path);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

std::size_t count_files(const std::string& directory) {
    const std::filesystem::directory_iterator begin(directory);
    return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

}  // namespace larder::tests
