#include "engine/platform/file_state.hpp"

#include "engine/platform/system_error.hpp"

#include <cerrno>

namespace larder {
namespace platform {

std::shared_ptr<FileState>& state_of(MappedFile& file) noexcept;

// The public header gives no way to make a MappedFile out of a state, so that embedders have none. An explicit instantiation
// may name a private member, and thus hands it to the engine here and nowhere else.
template <std::shared_ptr<FileState> MappedFile::*kState>
struct StateAccess {
    friend std::shared_ptr<FileState>& state_of(MappedFile& file) noexcept { return file.*kState; }
};
template struct StateAccess<&MappedFile::state_>;

}  // namespace platform

Status FileState::close() {
    if (::close(descriptor_.release()) == 0 || errno == EINTR) return Code::ok;
    return platform::system_error("close", path_, errno);
}

MappedFile FileState::to_file(std::shared_ptr<FileState> state) {
    MappedFile file;
    platform::state_of(file) = std::move(state);
    return file;
}

}  // namespace larder
