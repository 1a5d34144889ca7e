#include "engine/platform/file_maker.hpp"

#include "engine/platform/file_shape.hpp"
#include "engine/platform/file_state.hpp"
#include "engine/platform/process.hpp"
#include "engine/platform/system_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

namespace larder::platform {
namespace {

struct SplitPath {
    std::string directory;
    std::string name;
};

Result<SplitPath> split(std::string_view path) {
    Status status = check_path(path);
    if (!status.ok()) return status;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return SplitPath{".", std::string(path)};
    if (slash + 1 == path.size()) return Status(Code::invalid_argument, std::string(path) + " names a directory");
    return SplitPath{std::string(path.substr(0, slash == 0 ? 1 : slash)), std::string(path.substr(slash + 1))};
}

std::string proc_path(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

// A nameless file gets its name through /proc, which is not mounted everywhere.
Descriptor open_nameless(int directory, int flags) {
    if (::access("/proc/self/fd", X_OK) != 0) return Descriptor();
    return Descriptor(::openat(directory, ".", O_TMPFILE | O_RDWR | flags, 0600));
}

Descriptor open_temporary(int directory, int flags, std::string& name) {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries; ++i) {
        std::array<char, 48> text{};
        std::snprintf(text.data(), text.size(), ".larder-%016llx.new", static_cast<unsigned long long>(random_u64()));
        name = text.data();
        Descriptor file(::openat(directory, name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | flags, 0600));
        if (file.is_open() || errno != EEXIST) return file;
    }
    return Descriptor();
}

struct NewFile {
    Descriptor descriptor;
    std::string temporary_name;
};

NewFile open_new(int directory, bool inheritable) {
    const int flags = inheritable ? 0 : O_CLOEXEC;
    NewFile file;
    file.descriptor = open_nameless(directory, flags);
    if (!file.descriptor.is_open()) file.descriptor = open_temporary(directory, flags, file.temporary_name);
    return file;
}

// Makes a new name durable. Not every directory may be read, and not every file system can do this.
Status flush_directory(int directory, std::string_view path) {
    const Descriptor readable(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!readable.is_open()) return Code::ok;
    if (::fsync(readable.number()) == 0 || errno == EINVAL || errno == EROFS) return Code::ok;
    return system_error("fsync of the directory of", path, errno);
}

}  // namespace

FileMaker::FileMaker(Descriptor directory, std::string name, std::string temporary_name, MappedFile file) noexcept
    : directory_(std::move(directory)),
      name_(std::move(name)),
      temporary_name_(std::move(temporary_name)),
      file_(std::move(file)) {}

FileMaker::FileMaker(FileMaker&& other) noexcept
    : directory_(std::move(other.directory_)),
      name_(std::move(other.name_)),
      temporary_name_(std::exchange(other.temporary_name_, std::string())),
      file_(std::move(other.file_)) {}

FileMaker::~FileMaker() { remove_temporary_name(); }

void FileMaker::remove_temporary_name() noexcept {
    if (!temporary_name_.empty()) ::unlinkat(directory_.number(), temporary_name_.c_str(), 0);
    temporary_name_.clear();
}

Result<FileMaker> FileMaker::make(std::string_view path, std::uint64_t size, const FileOptions& options) {
    Status status = check_options(options);
    if (!status.ok()) return status;
    Result<SplitPath> parts = split(path);
    if (!parts.ok()) return parts.status();
    Descriptor directory(::open(parts->directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open()) return system_error("open the directory of", path, errno);

    NewFile made = open_new(directory.number(), options.inheritable);
    if (!made.descriptor.is_open()) return system_error("create", path, errno);
    const int number = made.descriptor.number();
    auto state =
        std::make_shared<FileState>(std::move(made.descriptor), std::string(path), Access::read_write, options.inheritable);
    FileMaker maker(std::move(directory), std::move(parts->name), std::move(made.temporary_name),
                    FileState::to_file(std::move(state)));
    status = give_shape(number, path, size, options);
    if (!status.ok()) return status;
    return maker;
}

int FileMaker::link_name() const {
    const int directory = directory_.number();
    if (temporary_name_.empty()) {
        const std::string nameless = proc_path(file_.descriptor());
        return ::linkat(AT_FDCWD, nameless.c_str(), directory, name_.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
    }
    if (::linkat(directory, temporary_name_.c_str(), directory, name_.c_str(), 0) == 0) return 0;
    if (errno != EPERM && errno != EOPNOTSUPP) return errno;
    // No second names on this file system (FAT): rename, but not over anything.
    return ::renameat2(directory, temporary_name_.c_str(), directory, name_.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
}

Status FileMaker::publish() {
    if (!file_.is_open()) return Code::closed;
    const std::string path = file_.path();
    if (::fsync(file_.descriptor()) != 0 && errno != EINVAL) return system_error("fsync", path, errno);
    const int error = link_name();
    if (error == EEXIST) return Status(Code::exists, path + " exists already");
    if (error != 0) return system_error("link", path, error);
    remove_temporary_name();
    return flush_directory(directory_.number(), path);
}

}  // namespace larder::platform
