// What a disk may hold of a file: the file's pages as they were at one moment, and files put together from several moments.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace larder::tests {

inline constexpr std::size_t kSnapshotPage = 4096;
inline constexpr std::size_t kSector = 512;
inline constexpr unsigned kSectors = kSnapshotPage / kSector;

class Snapshot {
  public:
    using Bytes = std::array<std::byte, kSnapshotPage>;

    /// The file as it is now. Pages that are the same in `before` are shared with it.
    static Snapshot take(const std::string& path, const Snapshot* before = nullptr);

    std::uint64_t file_size() const noexcept { return file_size_; }
    /// The bytes of a page, by its number; nullptr where the file has a hole.
    const Bytes* find(std::uint64_t number) const noexcept;
    const std::map<std::uint64_t, std::shared_ptr<const Bytes>>& pages() const noexcept { return pages_; }

  private:
    std::map<std::uint64_t, std::shared_ptr<const Bytes>> pages_;
    std::uint64_t file_size_ = 0;
};

/// Which snapshot (by position) a sector of a page comes from. Asked for every sector of every page that any snapshot has.
using Choice = std::function<std::size_t(std::uint64_t page, unsigned sector)>;
/// Makes the file one of these sectors, with holes where they are all zeros. What was in it is gone.
void write_torn(const std::string& path, const std::vector<const Snapshot*>& snapshots, const Choice& choose);

}  // namespace larder::tests
