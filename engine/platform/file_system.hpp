// What kind of file and file system a descriptor stands for.
#pragma once

#include <larder/status.hpp>

#include <cstdint>
#include <string_view>

namespace larder::platform {

/// The name of the file system with this magic number (statfs(2)'s f_type), if it is known to have no coherent shared mappings;
/// else empty.
std::string_view incoherent_file_system(std::uint32_t magic) noexcept;

/// ok, or unsupported with the file system's name when it is known to have no coherent shared mappings (NFS, SMB/CIFS, 9p,
/// FUSE, Ceph, AFS, ...).
Status check_coherent_mappings(int descriptor, std::string_view path);

}  // namespace larder::platform
