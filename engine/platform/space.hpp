// The disk space (or memory) behind a range of a file.
#pragma once

#include <larder/status.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder::platform {

/// Allocates what is missing behind [offset, offset+length) and changes no byte and no size. Code::full when there is no more.
/// Where the file system cannot allocate without writing, commit_by_writing() does it.
Status commit_range(int descriptor, std::string_view path, std::uint64_t offset, std::uint64_t length);
/// The same by writing zeros over the holes only. Nobody may be writing to the range's holes meanwhile.
Status commit_by_writing(int descriptor, std::string_view path, std::uint64_t offset, std::uint64_t length);
/// Has the kernel load the pages of a mapping one by one, as they are touched. Else it may load them in larger pieces, whose
/// first write needs space for all of a piece, also for what of it was never committed: on a full disk a signal (ext4, Linux 6.16
/// and later).
void load_single_pages(std::byte* begin, std::uint64_t length) noexcept;
/// Gives the space back; the range reads as zeros. Code::unsupported where the file system cannot.
Status decommit_range(int descriptor, std::string_view path, std::uint64_t offset, std::uint64_t length);
/// Where the next byte from `offset` on is that may have been written; beyond any file where there is none, `offset` itself where
/// that cannot be told. What was only allocated does not count.
std::uint64_t next_data(int descriptor, std::uint64_t offset) noexcept;
/// How many bytes there are from a position to the end of the system's page that it lies in; 0 at the start of one.
std::uint64_t rest_of_page(std::uint64_t position) noexcept;
/// Sets the size of the file.
Status resize_file(int descriptor, std::string_view path, std::uint64_t size);

}  // namespace larder::platform
