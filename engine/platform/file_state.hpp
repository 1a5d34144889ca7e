// What stands behind a MappedFile.
#pragma once

#include "engine/platform/descriptor.hpp"

#include <larder/mapped_file.hpp>

#include <memory>
#include <string>

namespace larder {

class FileState {
  public:
    FileState(platform::Descriptor descriptor, std::string path, Access access, bool inheritable) noexcept
        : descriptor_(std::move(descriptor)), path_(std::move(path)), access_(access), inheritable_(inheritable) {}
    FileState(const FileState&) = delete;
    FileState& operator=(const FileState&) = delete;
    virtual ~FileState() = default;

    /// Ends the descriptor, and what else an heir holds.
    virtual Status close();

    bool is_open() const noexcept { return descriptor_.is_open(); }
    int descriptor() const noexcept { return descriptor_.number(); }
    const std::string& path() const noexcept { return path_; }
    Access access() const noexcept { return access_; }
    bool inheritable() const noexcept { return inheritable_; }

    /// The MappedFile that owns this state.
    static MappedFile to_file(std::shared_ptr<FileState> state);

  protected:
    platform::Descriptor descriptor_;

  private:
    std::string path_;
    Access access_;
    bool inheritable_;
};

}  // namespace larder
