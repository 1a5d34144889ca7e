#include "engine/platform/file_system.hpp"

#include "engine/platform/system_error.hpp"

#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

namespace larder::platform {
namespace {

struct KnownFileSystem {
    std::uint32_t magic;  // statfs(2)'s f_type
    const char* name;
};

// Mappings of one file on two machines (or on two sides of a file server) are not one memory there.
constexpr std::array kIncoherent = {
    KnownFileSystem{0x6969, "NFS"},        KnownFileSystem{0x517b, "SMB"},          KnownFileSystem{0xff534d42, "CIFS"},
    KnownFileSystem{0xfe534d42, "SMB2"},   KnownFileSystem{0x01021997, "9p"},       KnownFileSystem{0x65735546, "FUSE"},
    KnownFileSystem{0x00c36400, "Ceph"},   KnownFileSystem{0x5346414f, "AFS"},      KnownFileSystem{0x6b414653, "kAFS"},
    KnownFileSystem{0x73757245, "Coda"},   KnownFileSystem{0x564c, "NCP"},          KnownFileSystem{0x0bd00bd0, "Lustre"},
    KnownFileSystem{0x47504653, "GPFS"},   KnownFileSystem{0x20030528, "OrangeFS"}, KnownFileSystem{0xaad7aaea, "PanFS"},
    KnownFileSystem{0x786f4256, "vboxsf"}, KnownFileSystem{0xbacbacbc, "vmhgfs"},   KnownFileSystem{0x7c7c6673, "prl_fs"},
};

}  // namespace

std::string_view incoherent_file_system(std::uint32_t magic) noexcept {
    for (const KnownFileSystem& known : kIncoherent) {
        if (known.magic == magic) return known.name;
    }
    return {};
}

Status check_coherent_mappings(int descriptor, std::string_view path) {
    struct statfs status {};
    int result = 0;
    do {
        result = ::fstatfs(descriptor, &status);
    } while (result != 0 && errno == EINTR);
    if (result != 0) return system_error("fstatfs", path, errno);
    const std::string_view name = incoherent_file_system(static_cast<std::uint32_t>(status.f_type));
    if (name.empty()) return Code::ok;
    return Status(Code::unsupported,
                  std::string(path) + " is on " + std::string(name) + ", which has no coherent shared mappings");
}

}  // namespace larder::platform
