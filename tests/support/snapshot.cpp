#include "tests/support/snapshot.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace larder::tests {
namespace {

class OpenFile {
  public:
    OpenFile(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
        if (number_ < 0) throw std::runtime_error("cannot open " + path);
    }
    ~OpenFile() { ::close(number_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    int number() const noexcept { return number_; }

  private:
    int number_;
};

bool is_zero(const Snapshot::Bytes& bytes) noexcept {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

Snapshot Snapshot::take(const std::string& path, const Snapshot* before) {
    const OpenFile file(path, O_RDONLY);
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) throw std::runtime_error("cannot stat " + path);
    Snapshot snapshot;
    snapshot.file_size_ = static_cast<std::uint64_t>(status.st_size);
    off_t hole = 0;
    for (off_t data = ::lseek(file.number(), 0, SEEK_DATA); data >= 0; data = ::lseek(file.number(), hole, SEEK_DATA)) {
        hole = ::lseek(file.number(), data, SEEK_HOLE);
        for (auto at = static_cast<std::uint64_t>(data) / kSnapshotPage; at * kSnapshotPage < static_cast<std::uint64_t>(hole);
             ++at) {
            auto bytes = std::make_shared<Bytes>();
            if (::pread(file.number(), bytes->data(), bytes->size(), static_cast<off_t>(at * kSnapshotPage)) < 0)
                throw std::runtime_error("cannot read " + path);
            const Bytes* known = before != nullptr ? before->find(at) : nullptr;
            const bool same = known != nullptr && std::memcmp(known->data(), bytes->data(), bytes->size()) == 0;
            snapshot.pages_.emplace(at, same ? before->pages_.at(at) : bytes);
        }
    }
    return snapshot;
}

const Snapshot::Bytes* Snapshot::find(std::uint64_t number) const noexcept {
    const auto found = pages_.find(number);
    return found == pages_.end() ? nullptr : found->second.get();
}

void write_torn(const std::string& path, const std::vector<const Snapshot*>& snapshots, const Choice& choose) {
    const OpenFile file(path, O_RDWR | O_CREAT);
    if (::ftruncate(file.number(), 0) != 0 || ::ftruncate(file.number(), static_cast<off_t>(snapshots.front()->file_size())) != 0)
        throw std::runtime_error("cannot shape " + path);
    std::set<std::uint64_t> numbers;
    for (const Snapshot* snapshot : snapshots) {
        for (const auto& [number, bytes] : snapshot->pages()) numbers.insert(number);
    }
    Snapshot::Bytes page;
    for (const std::uint64_t number : numbers) {
        page.fill(std::byte{0});
        for (unsigned sector = 0; sector < kSectors; ++sector) {
            const Snapshot::Bytes* from = snapshots.at(choose(number, sector))->find(number);
            if (from != nullptr) std::memcpy(page.data() + sector * kSector, from->data() + sector * kSector, kSector);
        }
        if (is_zero(page)) continue;
        if (::pwrite(file.number(), page.data(), page.size(), static_cast<off_t>(number * kSnapshotPage)) < 0)
            throw std::runtime_error("cannot write " + path);
    }
}

}  // namespace larder::tests
