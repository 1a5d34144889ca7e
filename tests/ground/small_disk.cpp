#include "tests/ground/small_disk.hpp"

#include "tests/support/check.hpp"

#include <array>
#include <cstdlib>
#include <iostream>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace larder::tests {
namespace {

constexpr int kCannotMount = 77;

bool run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

bool mount_small(Disk disk, const std::string& directory, std::uint64_t bytes) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    const std::string size = "size=" + std::to_string(bytes);
    if (::mount("none", directory.c_str(), "tmpfs", 0, disk == Disk::tmpfs ? size.c_str() : nullptr) != 0) return false;
    if (disk == Disk::tmpfs) return true;
    // The image lies on a tmpfs that the mounted file system then hides.
    const std::string image = directory + "/image";
    const int file = ::open(image.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0 || ::ftruncate(file, static_cast<off_t>(bytes)) != 0) return false;
    ::close(file);
    return run("mkfs.ext4 -q -F -b 4096 -m 0 -O ^has_journal " + image) && run("mount -o loop " + image + " " + directory);
}

}  // namespace

void on_small_disk(Disk disk, const std::string& directory, std::uint64_t bytes, const std::function<std::string()>& body) {
    ChildProcess child([&] {
        if (!mount_small(disk, directory, bytes)) return kCannotMount;
        const std::string wrong = body();
        std::cerr << wrong << std::endl;
        return wrong.empty() ? 0 : 1;
    });
    const Ending ending = child.wait();
    if (ending.code == kCannotMount) {
        std::cout << "not tried: a small file system cannot be mounted here\n";
        return;
    }
    INFO(ending.message() << "\n" << ending.output);
    CHECK(ending.good());
}

void use_up(const std::string& path) {
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    static constexpr std::array<char, 65536> kBytes{};
    for (std::size_t step = kBytes.size(); step >= 512; step /= 2) {
        while (::write(file, kBytes.data(), step) > 0) {
        }
    }
    ::close(file);
}

}  // namespace larder::tests
