// Memory with a name: a file in /dev/shm that goes with its last user.
//
// Each handle is a user: it holds a shared lock on the user byte of the file. Who opens or closes holds the opening byte
// exclusively meanwhile, so that "is anybody using it" and what follows from the answer are one step. A file whose user byte
// nobody holds was left behind by users that were killed, and is nobody's: the next opener replaces it. The name is
// removed, by the last user or by that opener, only under the opening byte of the very file that it leads to. A new file gets
// its name with its creator's user lock already on it.
#pragma once

#include "engine/platform/file_state.hpp"
#include "engine/platform/fork_watch.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace larder::platform {

inline constexpr std::uint64_t kUserByte = std::uint64_t{1} << 62;
inline constexpr std::uint64_t kOpeningByte = kUserByte + 1;

/// The file that stands for a region; invalid_argument for names out of range.
Result<std::string> named_region_path(std::string_view name);

/// A handle on a named region. A forked child is a user of its own, with an open file description (and lock) that was made for
/// it before the fork: parent and child may then close in any order.
class NamedRegionState final : public FileState, private ForkWatch {
  public:
    /// Takes over a descriptor that holds the user lock. Only under a ForkPause that began before it was opened.
    NamedRegionState(Descriptor descriptor, std::string region_path, bool writable, const FileOptions& options) noexcept;
    NamedRegionState(const NamedRegionState&) = delete;
    NamedRegionState& operator=(const NamedRegionState&) = delete;
    ~NamedRegionState() override;

    Status close() override;

  private:
    void before_fork() noexcept override;
    void after_fork_in_parent() noexcept override;
    void after_fork_in_child() noexcept override;
    void leave() noexcept;

    std::string region_path_;
    bool writable_;
    Descriptor childs_;
};

/// Opens a region, and makes it where there is none.
Result<std::shared_ptr<FileState>> open_named_region(std::string_view name, std::uint64_t size, const FileOptions& options,
                                                     bool& created);

}  // namespace larder::platform
