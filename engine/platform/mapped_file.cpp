#include "engine/platform/file_maker.hpp"
#include "engine/platform/file_shape.hpp"
#include "engine/platform/file_state.hpp"
#include "engine/platform/fork_watch.hpp"
#include "engine/platform/large_pages.hpp"
#include "engine/platform/named_region.hpp"
#include "engine/platform/reopen.hpp"
#include "engine/platform/system_error.hpp"
#include "engine/platform/view_state.hpp"

#include <larder/mapped_file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <string>
#include <utility>

namespace larder {
namespace {

using platform::Descriptor;
using platform::system_error;

// What was made is open for writing, however the maker wants to hold it.
Result<MappedFile> narrow(MappedFile file, const FileOptions& options) {
    if (options.access == Access::read_write) return file;
    const int reopened = platform::reopen_descriptor(file.descriptor(), Access::read_only);
    if (reopened < 0) return system_error("open read-only", file.path(), errno);
    Descriptor descriptor(reopened);
    if (options.inheritable && ::fcntl(reopened, F_SETFD, 0) != 0) return system_error("fcntl", file.path(), errno);
    return FileState::to_file(
        std::make_shared<FileState>(std::move(descriptor), file.path(), Access::read_only, options.inheritable));
}

Result<Descriptor> open_regular(std::string_view path, const FileOptions& options) {
    // O_NONBLOCK, or opening a FIFO would wait for its other end; on regular files it changes nothing.
    const int flags = (options.access == Access::read_write ? O_RDWR : O_RDONLY) | O_NOCTTY | O_NONBLOCK |
                      (options.inheritable ? 0 : O_CLOEXEC);
    Descriptor descriptor(::open(std::string(path).c_str(), flags));
    // ENXIO is how sockets and absent devices refuse.
    const bool is_special = !descriptor.is_open() && (errno == EISDIR || errno == ENXIO || errno == ENODEV);
    if (!descriptor.is_open() && !is_special) return system_error("open", path, errno);
    struct stat status {};
    if (!is_special && ::fstat(descriptor.number(), &status) != 0) return system_error("fstat", path, errno);
    if (is_special || !S_ISREG(status.st_mode)) {
        return Status(Code::invalid_argument, std::string(path) + " is not a regular file");
    }
    return descriptor;
}

}  // namespace

MappedFile::MappedFile() noexcept = default;
MappedFile::~MappedFile() = default;
MappedFile::MappedFile(MappedFile&&) noexcept = default;
MappedFile& MappedFile::operator=(MappedFile&&) noexcept = default;
MappedFile::MappedFile(std::shared_ptr<FileState> state) noexcept : state_(std::move(state)) {}

Result<MappedFile> MappedFile::create(std::string_view path, std::uint64_t size, const FileOptions& options) {
    Result<platform::FileMaker> maker = platform::FileMaker::make(path, size, options);
    if (!maker.ok()) return maker.status();
    Status status = maker->publish();
    if (!status.ok()) return status;
    return narrow(std::move(*maker).take(), options);
}

Result<MappedFile> MappedFile::open(std::string_view path, const FileOptions& options) {
    Status status = platform::check_path(path);
    if (!status.ok()) return status;
    Result<Descriptor> descriptor = open_regular(path, options);
    if (!descriptor.ok()) return descriptor.status();
    return MappedFile(
        std::make_shared<FileState>(std::move(*descriptor), std::string(path), options.access, options.inheritable));
}

Result<MappedFile> MappedFile::open_or_create(std::string_view path, std::uint64_t size, const FileOptions& options,
                                              bool* created) {
    // Others may create and delete the file between our two questions; a dangling symbolic link answers so for ever.
    constexpr int kTries = 64;
    Result<MappedFile> result = Code::exists;
    for (int i = 0; i < kTries && result.code() == Code::exists; ++i) {
        result = open(path, options);
        if (created != nullptr) *created = false;
        if (result.code() != Code::no_such_file) return result;
        result = create(path, size, options);
        if (created != nullptr) *created = result.ok();
    }
    return result;
}

Result<MappedFile> MappedFile::anonymous(std::uint64_t size, const FileOptions& options) {
    Status status = platform::check_options(options);
    if (!status.ok()) return status;
    Descriptor descriptor(::memfd_create("larder", options.inheritable ? 0 : MFD_CLOEXEC));
    if (!descriptor.is_open()) return system_error("memfd_create", {}, errno);
    status = platform::give_shape(descriptor.number(), {}, size, options);
    if (!status.ok()) return status;
    MappedFile file(std::make_shared<FileState>(std::move(descriptor), std::string(), Access::read_write, options.inheritable));
    return narrow(std::move(file), options);
}

Result<MappedFile> MappedFile::named(std::string_view name, std::uint64_t size, const FileOptions& options, bool* created) {
    bool is_new = false;
    Result<std::shared_ptr<FileState>> state = platform::open_named_region(name, size, options, is_new);
    if (!state.ok()) return state.status();
    if (created != nullptr) *created = is_new;
    return MappedFile(std::move(*state));
}

Result<MappedView> MappedFile::view(std::uint64_t offset, std::uint64_t length, Access access) const {
    const Result<std::uint64_t> size = this->size();
    if (!size.ok()) return size.status();
    if (access == Access::read_write && state_->access() == Access::read_only) {
        return Status(Code::read_only, "the file was opened read-only: ask for a view with Access::read_only");
    }
    if (offset >= *size || length > *size - offset) {
        return Status(Code::invalid_argument, "view of " + std::to_string(length) + " bytes at offset " + std::to_string(offset) +
                                                  " is beyond the file's " + std::to_string(*size) + " bytes");
    }
    if (length == 0) length = *size - offset;
    const std::uint64_t lead_in = offset % static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (length > std::numeric_limits<std::size_t>::max() - lead_in) return system_error("mmap", path(), ENOMEM);
    const std::size_t mapped = length + lead_in;
    const int protection = access == Access::read_write ? PROT_READ | PROT_WRITE : PROT_READ;
    // A child that got the mapping would keep the open file description alive, and its locks with it.
    const platform::ForkPause pause;
    void* const place = platform::place_for_large_pages(offset - lead_in, mapped);
    void* base = ::mmap(place, mapped, protection, MAP_SHARED, state_->descriptor(), static_cast<off_t>(offset - lead_in));
    if (base == MAP_FAILED) return system_error("mmap", path(), errno);
    auto state = std::make_shared<ViewState>(static_cast<std::byte*>(base), mapped, lead_in, offset, access);
    if (!state_->inheritable() && ::madvise(base, mapped, MADV_DONTFORK) != 0) {
        return system_error("madvise(MADV_DONTFORK)", path(), errno);
    }
    return MappedView(std::move(state));
}

Status MappedFile::close() {
    if (!is_open()) return Code::closed;
    Status status = state_->close();
    state_.reset();
    return status;
}

bool MappedFile::is_open() const noexcept { return state_ != nullptr && state_->is_open(); }
Access MappedFile::access() const noexcept { return state_ ? state_->access() : Access::read_only; }
int MappedFile::descriptor() const noexcept { return state_ ? state_->descriptor() : -1; }
std::string MappedFile::path() const { return state_ ? state_->path() : std::string(); }

}  // namespace larder
