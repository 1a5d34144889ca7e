// What a file looks like from outside: size, permission bits, owner.
#pragma once

#include <larder/mapped_file.hpp>

#include <string>

namespace larder::platform {

/// invalid_argument for paths that no file can have.
Status check_path(std::string_view path);
/// invalid_argument for options that no file can have.
Status check_options(const FileOptions& options);
/// Whether the path leads to the very file that is open.
bool is_name_of(const std::string& path, int descriptor) noexcept;
Status change_mode(int descriptor, std::string_view path, std::uint32_t mode);
Status change_owner(int descriptor, std::string_view path, std::int64_t owner, std::int64_t group);
/// Gives an empty new file the size, owner and mode asked for, and its space if options.commit.
Status give_shape(int descriptor, std::string_view path, std::uint64_t size, const FileOptions& options);

}  // namespace larder::platform
