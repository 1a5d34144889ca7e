// The layer below the cache, for its own sake: files and nameless or named regions of memory, mapped and shared.
//
// MappedFile is the object that is shared (a file, or memory with no file behind it); MappedView is a window onto it.
// Views keep what they look at alive: closing a MappedFile leaves its views usable, closing a view ends that view only.
// Any call on a closed or moved-from object returns Code::closed. Handles may be used from several threads at once, but for
// close(), moves and destruction. What one process writes through a view, all others see at once; ordering between them is
// the caller's business (use std::atomic_ref on naturally aligned integers).
#pragma once

#include <larder/status.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace larder {

enum class Access : std::uint8_t { read_only, read_write };

struct FileOptions {
    Access access = Access::read_write;
    /// Permission bits of what is created; the umask does not apply.
    std::uint32_t mode = 0600;
    /// Numeric owner and group of what is created; -1 leaves what the system gives.
    std::int64_t owner = -1;
    std::int64_t group = -1;
    /// Allocate all space at creation, so that no later write can meet a full disk.
    bool commit = false;
    /// Children made by fork() keep the views, and programs started by exec() the descriptor.
    bool inheritable = false;
};

class FileState;
class ViewState;
class MappedView;

class LARDER_API MappedFile {
  public:
    MappedFile() noexcept;
    ~MappedFile();
    MappedFile(MappedFile&&) noexcept;
    MappedFile& operator=(MappedFile&&) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    /// A new file of `size` bytes (1 and above), all zero, sparse unless options.commit. Code::exists if the name is taken.
    static Result<MappedFile> create(std::string_view path, std::uint64_t size, const FileOptions& options = {});
    /// An existing regular file, at the size it has. Directories, FIFOs and devices are Code::invalid_argument.
    static Result<MappedFile> open(std::string_view path, const FileOptions& options = {});
    /// open(), and create() where there is none. `created`, where given, says which it was.
    static Result<MappedFile> open_or_create(std::string_view path, std::uint64_t size, const FileOptions& options = {},
                                             bool* created = nullptr);
    /// Memory with no file and no name: shared with children (options.inheritable) and by passing descriptor().
    static Result<MappedFile> anonymous(std::uint64_t size, const FileOptions& options = {});
    /// Memory with a name but no file: processes that give the same name share it, until the last of them closes it or
    /// dies. Names are 1 to 200 bytes without '/'. An existing region keeps its size.
    static Result<MappedFile> named(std::string_view name, std::uint64_t size, const FileOptions& options = {},
                                    bool* created = nullptr);

    /// Maps `length` bytes from `offset`; any offset and length within the file (length 0: to the end).
    /// Read-write views need a file opened read-write.
    Result<MappedView> view(std::uint64_t offset = 0, std::uint64_t length = 0, Access access = Access::read_write) const;

    /// Allocates the space behind a range, so that writing it cannot fail. Code::full when the disk is.
    Status commit(std::uint64_t offset, std::uint64_t length);
    /// Gives the space behind a range back; it reads as zeros from then on.
    Status decommit(std::uint64_t offset, std::uint64_t length);
    /// Makes the file longer or shorter. Views beyond a new end must not be touched (SIGBUS).
    Status resize(std::uint64_t size);
    /// Writes everything to disk (fdatasync).
    Status flush();
    Status close();

    bool is_open() const noexcept;
    Result<std::uint64_t> size() const;       ///< now, asked of the system
    Result<std::uint64_t> committed() const;  ///< bytes of disk or memory behind it, asked of the system
    Result<std::uint32_t> mode() const;       ///< permission bits
    Status set_mode(std::uint32_t mode);
    Result<std::uint32_t> owner() const;
    Result<std::uint32_t> group() const;
    Status set_owner(std::int64_t owner, std::int64_t group);  ///< -1 leaves as it is
    Access access() const noexcept;
    /// The descriptor, or -1 when closed. It stays the MappedFile's.
    int descriptor() const noexcept;
    std::string path() const;  ///< empty for memory

  private:
    explicit MappedFile(std::shared_ptr<FileState> state) noexcept;
    std::shared_ptr<FileState> state_;
};

class LARDER_API MappedView {
  public:
    MappedView() noexcept;
    ~MappedView();
    MappedView(MappedView&&) noexcept;
    MappedView& operator=(MappedView&&) noexcept;
    MappedView(const MappedView&) = delete;
    MappedView& operator=(const MappedView&) = delete;

    bool is_open() const noexcept;
    std::uint64_t offset() const noexcept;  ///< in the file; 0 when closed
    std::uint64_t size() const noexcept;    ///< bytes; 0 when closed
    Access access() const noexcept;
    /// The first byte, or nullptr when closed. Aligned as the offset is.
    std::byte* data() const noexcept;

    /// Copies a value out of (into) the view at a byte position. Code::invalid_argument beyond the end.
    template <class T>
    requires(std::is_trivially_copyable_v<T>&& std::is_default_constructible_v<T>) Result<T> read(std::uint64_t position)
    const {
        T value{};
        Status status = read_bytes(position, std::as_writable_bytes(std::span<T, 1>(&value, 1)));
        if (!status.ok()) return status;
        return value;
    }
    template <class T>
    requires std::is_trivially_copyable_v<T> Status write(std::uint64_t position, const T& value) {
        return write_bytes(position, std::as_bytes(std::span<const T, 1>(&value, 1)));
    }
    template <class T>
    requires std::is_trivially_copyable_v<T> Status read_array(std::uint64_t position, std::span<T> out)
    const { return read_bytes(position, std::as_writable_bytes(out)); }
    template <class T>
    requires std::is_trivially_copyable_v<T> Status write_array(std::uint64_t position, std::span<const T> values) {
        return write_bytes(position, std::as_bytes(values));
    }
    /// The bytes in place, as `count` values of T. invalid_argument beyond the end or where T would be misaligned;
    /// read_only for a mutable T on a read-only view.
    template <class T>
    requires std::is_trivially_copyable_v<T> Result<std::span<T>> span(std::uint64_t position, std::uint64_t count)
    const {
        Status status = check_span(position, count, sizeof(T), alignof(T), !std::is_const_v<T>);
        if (!status.ok()) return status;
        return std::span<T>(reinterpret_cast<T*>(data() + position), count);
    }
    Status read_bytes(std::uint64_t position, std::span<std::byte> out) const;
    Status write_bytes(std::uint64_t position, std::span<const std::byte> bytes);

    /// Writes a range to disk and waits (length 0: to the end).
    Status flush(std::uint64_t position = 0, std::uint64_t length = 0) const;
    Status close();

  private:
    friend class MappedFile;
    explicit MappedView(std::shared_ptr<ViewState> state) noexcept;
    Status check_span(std::uint64_t position, std::uint64_t count, std::size_t size, std::size_t alignment, bool writable) const;
    std::shared_ptr<ViewState> state_;
};

}  // namespace larder
