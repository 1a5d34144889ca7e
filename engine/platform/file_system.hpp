// What kind of file and file system a descriptor stands for.
#pragma once

#include <larder/status.hpp>

#include <string_view>

namespace larder::platform {

/// ok, or unsupported with the file system's name when it is known to have no coherent shared mappings (NFS, SMB/CIFS, 9p,
/// FUSE, Ceph, AFS, ...).
Status check_coherent_mappings(int descriptor, std::string_view path);

}  // namespace larder::platform
