#include "engine/platform/file_shape.hpp"
#include "engine/platform/file_state.hpp"
#include "engine/platform/space.hpp"
#include "engine/platform/system_error.hpp"

#include <larder/mapped_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace larder {
namespace {

Result<struct stat> ask(const FileState* state) {
    if (state == nullptr || !state->is_open()) return Code::closed;
    struct stat status {};
    if (::fstat(state->descriptor(), &status) != 0) return platform::system_error("fstat", state->path(), errno);
    return status;
}

Status check_writable(const FileState* state) {
    if (state == nullptr || !state->is_open()) return Code::closed;
    if (state->access() == Access::read_write) return Code::ok;
    return Status(Code::read_only, "the file was opened read-only");
}

// The file's size, if the range lies within it and may be written.
Result<std::uint64_t> check_range(const FileState* state, std::uint64_t offset, std::uint64_t length) {
    Status status = check_writable(state);
    if (!status.ok()) return status;
    const Result<struct stat> answer = ask(state);
    if (!answer.ok()) return answer.status();
    const auto size = static_cast<std::uint64_t>(answer->st_size);
    if (offset <= size && length <= size - offset) return size;
    return Status(Code::invalid_argument, std::to_string(length) + " bytes at offset " + std::to_string(offset) +
                                              " are beyond the file's " + std::to_string(size) + " bytes");
}

}  // namespace

Status MappedFile::commit(std::uint64_t offset, std::uint64_t length) {
    const Result<std::uint64_t> size = check_range(state_.get(), offset, length);
    if (!size.ok()) return size.status();
    return platform::commit_range(state_->descriptor(), state_->path(), offset, length);
}

Status MappedFile::decommit(std::uint64_t offset, std::uint64_t length) {
    const Result<std::uint64_t> size = check_range(state_.get(), offset, length);
    if (!size.ok()) return size.status();
    // A page of the system's is given back only whole: with the end of the file goes the rest of its last one.
    if (length > 0 && offset + length == *size) length += platform::rest_of_page(*size);
    return platform::decommit_range(state_->descriptor(), state_->path(), offset, length);
}

Status MappedFile::resize(std::uint64_t size) {
    Status status = check_writable(state_.get());
    if (!status.ok()) return status;
    return platform::resize_file(state_->descriptor(), state_->path(), size);
}

Status MappedFile::flush() {
    if (!is_open()) return Code::closed;
    return ::fdatasync(state_->descriptor()) == 0 ? Status() : platform::system_error("fdatasync", state_->path(), errno);
}

Result<std::uint64_t> MappedFile::size() const {
    const Result<struct stat> answer = ask(state_.get());
    if (!answer.ok()) return answer.status();
    return static_cast<std::uint64_t>(answer->st_size);
}

Result<std::uint64_t> MappedFile::committed() const {
    constexpr std::uint64_t kUnit = 512;  // of st_blocks, whatever the file system's own
    const Result<struct stat> answer = ask(state_.get());
    if (!answer.ok()) return answer.status();
    return static_cast<std::uint64_t>(answer->st_blocks) * kUnit;
}

Result<std::uint32_t> MappedFile::mode() const {
    const Result<struct stat> answer = ask(state_.get());
    if (!answer.ok()) return answer.status();
    return static_cast<std::uint32_t>(answer->st_mode) & 07777U;
}

Result<std::uint32_t> MappedFile::owner() const {
    const Result<struct stat> answer = ask(state_.get());
    if (!answer.ok()) return answer.status();
    return static_cast<std::uint32_t>(answer->st_uid);
}

Result<std::uint32_t> MappedFile::group() const {
    const Result<struct stat> answer = ask(state_.get());
    if (!answer.ok()) return answer.status();
    return static_cast<std::uint32_t>(answer->st_gid);
}

Status MappedFile::set_mode(std::uint32_t mode) {
    if (!is_open()) return Code::closed;
    return platform::change_mode(state_->descriptor(), state_->path(), mode);
}

Status MappedFile::set_owner(std::int64_t owner, std::int64_t group) {
    if (!is_open()) return Code::closed;
    return platform::change_owner(state_->descriptor(), state_->path(), owner, group);
}

}  // namespace larder
