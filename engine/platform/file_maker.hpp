// New files that nobody sees before they are whole.
#pragma once

#include "engine/platform/descriptor.hpp"

#include <larder/mapped_file.hpp>

#include <string>
#include <string_view>

namespace larder::platform {

/// Makes a file without a name (or, where the file system has no such files, under a temporary one beside it), lets the caller
/// fill it, and gives it its name in one step. Dropped before that, it leaves nothing behind.
class FileMaker {
  public:
    /// A file of `size` zero bytes with the options' owner, mode and space, open for reading and writing, in the directory that
    /// `path` names. options.access is not looked at.
    static Result<FileMaker> make(std::string_view path, std::uint64_t size, const FileOptions& options);

    FileMaker(FileMaker&& other) noexcept;
    FileMaker& operator=(FileMaker&&) = delete;
    FileMaker(const FileMaker&) = delete;
    FileMaker& operator=(const FileMaker&) = delete;
    ~FileMaker();

    /// The file, to be filled. Its path() is the one that it will have.
    MappedFile& file() noexcept { return file_; }
    /// Writes the file to disk and gives it its name; Code::exists if that is taken. After this the name is as durable as the
    /// file. At most once.
    Status publish();
    /// The file, for keeping. Dropping a MappedFile that was not published frees its space.
    MappedFile take() && noexcept { return std::move(file_); }

  private:
    FileMaker(Descriptor directory, std::string name, std::string temporary_name, MappedFile file) noexcept;
    int link_name() const;
    void remove_temporary_name() noexcept;

    Descriptor directory_;
    std::string name_;
    std::string temporary_name_;  // empty where the file has none
    MappedFile file_;
};

}  // namespace larder::platform
