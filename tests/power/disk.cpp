#include "tests/power/disk.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace larder::tests {
namespace {

std::vector<Disk*>& watched() {
    static std::vector<Disk*> disks;
    return disks;
}

Disk* disk_at(std::uint64_t device, std::uint64_t inode) {
    for (Disk* disk : watched()) {
        if (disk->is_at(device, inode)) return disk;
    }
    return nullptr;
}

Disk* disk_of(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 ? disk_at(status.st_dev, status.st_ino) : nullptr;
}

// A mapped range of the process, and the file behind it.
struct Mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
};

Mapping mapping_at(std::uint64_t address) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long long begin = 0, end = 0, offset = 0, inode = 0;
        unsigned major_number = 0, minor_number = 0;
        if (std::sscanf(line.c_str(), "%llx-%llx %*s %llx %x:%x %llu", &begin, &end, &offset, &major_number, &minor_number,
                        &inode) != 6)
            continue;
        if (address >= begin && address < end) return {begin, end, offset, makedev(major_number, minor_number), inode};
    }
    return {};
}

}  // namespace

Disk::Disk(std::string path) : path_(std::move(path)) {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) throw std::runtime_error("cannot stat " + path_);
    device_ = status.st_dev;
    inode_ = status.st_ino;
    moments_.push_back(Snapshot::take(path_));
    watched().push_back(this);
}

Disk::~Disk() { std::erase(watched(), this); }

void Disk::look() { moments_.push_back(Snapshot::take(path_, &moments_.back())); }

void Disk::flush_all() {
    look();
    const std::size_t now = moments_.size() - 1;
    if (hook_) hook_();
    forget_before(now);
}

void Disk::flush_pages(std::uint64_t first, std::uint64_t last) {
    look();
    for (std::uint64_t page = first; page <= last; ++page) later_[page] = moments_.size() - 1;
}

void Disk::forget_before(std::size_t moment) {
    moments_.erase(moments_.begin(), moments_.begin() + static_cast<std::ptrdiff_t>(moment));
    for (auto& [page, written] : later_) written = written > moment ? written - moment : 0;
}

std::size_t Disk::written(std::uint64_t page) const {
    const auto found = later_.find(page);
    return found == later_.end() ? 0 : found->second;
}

void Disk::write_torn(const std::string& path, const Tear& tear) const {
    std::vector<const Snapshot*> from;
    for (const Snapshot& moment : moments_) from.push_back(&moment);
    tests::write_torn(path, from,
                      [&](std::uint64_t page, unsigned sector) { return std::max(tear.choose(page, sector), written(page)); });
}

}  // namespace larder::tests

// The engine's own calls come here, since the executable's functions go before the system's. Of a file that is watched
// nothing need be written: what would be on disk is remembered.
extern "C" int fdatasync(int descriptor) {
    if (larder::tests::Disk* disk = larder::tests::disk_of(descriptor)) {
        disk->flush_all();
        return 0;
    }
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

extern "C" int msync(void* address, std::size_t length, int flags) {
    const auto begin = reinterpret_cast<std::uint64_t>(address);
    const auto mapping = larder::tests::mapping_at(begin);
    if (larder::tests::Disk* disk = larder::tests::disk_at(mapping.device, mapping.inode)) {
        const std::uint64_t offset = begin - mapping.begin + mapping.offset;
        disk->flush_pages(offset / larder::tests::kSnapshotPage, (offset + length - 1) / larder::tests::kSnapshotPage);
        return 0;
    }
    return static_cast<int>(::syscall(SYS_msync, address, length, flags));
}
