// A directory of its own for each test, gone with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace larder::tests {

/// Made in $TMPDIR, or else in /dev/shm, or else in /tmp; removed with all that is in it when the process that made it
/// destroys it (a forked child leaves it alone).
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const noexcept { return path_; }
    /// The path of a name in it. Nothing is created.
    std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

  private:
    std::string path_;
    pid_t maker_;
};

/// All bytes of a file; throws when it cannot be read.
std::string read_file(const std::string& path);
/// Makes the file, or replaces what is in it.
void write_file(const std::string& path, std::string_view bytes);
/// Bytes of disk, or of memory, that stand behind the file.
std::uint64_t allocated_bytes(const std::string& path);
/// How many names a directory holds.
std::size_t count_files(const std::string& directory);

}  // namespace larder::tests
