// One mapping, as a MappedView holds it.
#pragma once

#include <larder/mapped_file.hpp>

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace larder {

class ViewState {
  public:
    /// Takes over the mapping [base, base+mapped), in which the view begins `lead_in` bytes after the base.
    ViewState(std::byte* base, std::size_t mapped, std::size_t lead_in, std::uint64_t offset, Access access) noexcept
        : base_(base), mapped_(mapped), lead_in_(lead_in), offset_(offset), access_(access) {}
    ViewState(const ViewState&) = delete;
    ViewState& operator=(const ViewState&) = delete;
    ~ViewState() { ::munmap(base_, mapped_); }

    std::byte* data() const noexcept { return base_ + lead_in_; }
    std::uint64_t size() const noexcept { return mapped_ - lead_in_; }
    std::uint64_t offset() const noexcept { return offset_; }
    Access access() const noexcept { return access_; }

  private:
    std::byte* base_;
    std::size_t mapped_;
    std::size_t lead_in_;
    std::uint64_t offset_;
    Access access_;
};

}  // namespace larder
