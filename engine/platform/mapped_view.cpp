#include "engine/platform/shared_bytes.hpp"
#include "engine/platform/system_error.hpp"
#include "engine/platform/view_state.hpp"

#include <larder/mapped_file.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

namespace larder {
namespace {

bool is_within(std::uint64_t position, std::uint64_t length, std::uint64_t size) noexcept {
    return position <= size && length <= size - position;
}

Status beyond_end(std::uint64_t position, std::uint64_t length, std::uint64_t size) {
    return Status(Code::invalid_argument, std::to_string(length) + " bytes at position " + std::to_string(position) +
                                              " are beyond the view's " + std::to_string(size) + " bytes");
}

Status not_writable() { return Status(Code::read_only, "the view is read-only"); }

}  // namespace

MappedView::MappedView() noexcept = default;
MappedView::~MappedView() = default;
MappedView::MappedView(MappedView&&) noexcept = default;
MappedView& MappedView::operator=(MappedView&&) noexcept = default;
MappedView::MappedView(std::shared_ptr<ViewState> state) noexcept : state_(std::move(state)) {}

bool MappedView::is_open() const noexcept { return state_ != nullptr; }
std::uint64_t MappedView::offset() const noexcept { return state_ ? state_->offset() : 0; }
std::uint64_t MappedView::size() const noexcept { return state_ ? state_->size() : 0; }
Access MappedView::access() const noexcept { return state_ ? state_->access() : Access::read_only; }
std::byte* MappedView::data() const noexcept { return state_ ? state_->data() : nullptr; }

Status MappedView::read_bytes(std::uint64_t position, std::span<std::byte> out) const {
    if (!state_) return Code::closed;
    if (!is_within(position, out.size(), state_->size())) return beyond_end(position, out.size(), state_->size());
    if (!out.empty()) platform::copy_from_shared(out.data(), state_->data() + position, out.size());
    return Code::ok;
}

Status MappedView::write_bytes(std::uint64_t position, std::span<const std::byte> bytes) {
    if (!state_) return Code::closed;
    if (state_->access() == Access::read_only) return not_writable();
    if (!is_within(position, bytes.size(), state_->size())) return beyond_end(position, bytes.size(), state_->size());
    if (!bytes.empty()) platform::copy_to_shared(state_->data() + position, bytes.data(), bytes.size());
    return Code::ok;
}

Status MappedView::check_span(std::uint64_t position, std::uint64_t count, std::size_t size, std::size_t alignment,
                              bool writable) const {
    if (!state_) return Code::closed;
    if (writable && state_->access() == Access::read_only) return not_writable();
    if (position > state_->size() || count > (state_->size() - position) / size) {
        return Status(Code::invalid_argument, std::to_string(count) + " values of " + std::to_string(size) +
                                                  " bytes at position " + std::to_string(position) + " are beyond the view's " +
                                                  std::to_string(state_->size()) + " bytes");
    }
    if (reinterpret_cast<std::uintptr_t>(state_->data() + position) % alignment != 0) {
        return Status(Code::invalid_argument,
                      "position " + std::to_string(position) + " is not aligned to " + std::to_string(alignment) + " bytes");
    }
    return Code::ok;
}

Status MappedView::flush(std::uint64_t position, std::uint64_t length) const {
    if (!state_) return Code::closed;
    if (!is_within(position, length, state_->size())) return beyond_end(position, length, state_->size());
    if (length == 0) length = state_->size() - position;
    if (length == 0) return Code::ok;
    const auto address = reinterpret_cast<std::uintptr_t>(state_->data() + position);
    const std::uintptr_t excess = address % static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    // Back to the start of the system's page: it is part of this mapping, since every mapping begins with one.
    const int result = ::msync(state_->data() + position - excess, length + excess, MS_SYNC);
    return result == 0 ? Status() : platform::system_error("msync", {}, errno);
}

Status MappedView::close() {
    if (!state_) return Code::closed;
    state_.reset();
    return Code::ok;
}

}  // namespace larder
