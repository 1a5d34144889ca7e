// What the disk may hold of a file: of each page, any content it has had since it was last written for certain. What is
// certain is found out by listening to the calls of fdatasync() and msync() that the engine makes, and by nothing else.
#pragma once

#include "tests/power/tear.hpp"
#include "tests/support/snapshot.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace larder::tests {

class Disk {
  public:
    /// Watches a file; its content now is on disk.
    explicit Disk(std::string path);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    /// Notes a moment: whatever the pages hold now may come to be on disk.
    void look();
    /// How many moments there are to choose from; the oldest is 0.
    std::size_t moments() const noexcept { return moments_.size(); }
    /// Makes the file `path` one that the disk may hold now.
    void write_torn(const std::string& path, const Tear& tear) const;
    /// Called while the whole file is being written, after its content was noted: what changes from here may be missed.
    void on_flush(std::function<void()> hook) { hook_ = std::move(hook); }

    // What the engine's calls tell.
    bool is_at(std::uint64_t device, std::uint64_t inode) const noexcept { return device == device_ && inode == inode_; }
    void flush_all();
    void flush_pages(std::uint64_t first, std::uint64_t last);

  private:
    std::size_t written(std::uint64_t page) const;
    void forget_before(std::size_t moment);

    std::string path_;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
    std::vector<Snapshot> moments_;               ///< from the last call that wrote the whole file
    std::map<std::uint64_t, std::size_t> later_;  ///< pages that were written later, and when
    std::function<void()> hook_;
};

}  // namespace larder::tests
