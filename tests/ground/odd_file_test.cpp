// Files, file systems and users that a cache meets and must refuse, with an error that says why.
#include "engine/platform/file_system.hpp"
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/identity.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstring>
#include <functional>
#include <iostream>

#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

Options small() {
    Options options;
    options.capacity = std::uint64_t{1} << 20;
    options.max_processes = 8;
    return options;
}

Options reading() {
    Options options;
    options.read_only = true;
    return options;
}

void require_refused(const Result<Cache>& result, Code code, const std::string& says) {
    INFO("message: " << result.status().message());
    CHECK(result.code() == code);
    CHECK(result.status().message().find(says) != std::string::npos);
}

std::string cache_with_a_record(const TemporaryDirectory& directory) {
    Cache cache = opened(Cache::create(directory.file("c"), small()));
    REQUIRE_OK(cache.set("key", "value"));
    return directory.file("c");
}

// As nobody, who owns nothing. 77: this user cannot become nobody.
int as_nobody(const std::function<int()>& body) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 77;
    return body();
}

void require_good_or_not_tried(ChildProcess child) {
    const Ending ending = child.wait();
    if (ending.code == 77) {
        std::cout << "not tried: this user may not\n";
        return;
    }
    INFO(ending.message() << "\n" << ending.output);
    CHECK(ending.good());
}

}  // namespace

TEST_CASE("a socket is refused") {
    TemporaryDirectory directory;
    const std::string path = directory.file("socket");
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    for (const Options& options : {small(), reading()}) {
        require_refused(Cache::open(path, options), Code::invalid_argument, "not a regular file");
        require_refused(Cache::open_or_create(path, options), Code::invalid_argument, "not a regular file");
    }
    require_refused(Cache::create(path, small()), Code::exists, path);
    ::close(socket);
}

TEST_CASE("directories, FIFOs and devices are refused by name") {
    TemporaryDirectory directory;
    const std::string fifo = directory.file("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    for (const std::string& path : {directory.path(), fifo, std::string("/dev/zero"), std::string("/dev/null")}) {
        require_refused(Cache::open(path), Code::invalid_argument, path + " is not a regular file");
        require_refused(Cache::open(path, reading()), Code::invalid_argument, path + " is not a regular file");
    }
}

TEST_CASE("a file of another byte order, a newer version or unknown features is refused with the reason") {
    TemporaryDirectory directory;
    const std::string path = cache_with_a_record(directory);
    Code both = Code::wrong_version;
    std::string says;
    SECTION("byte order") {
        rewrite_identity(path, [](auto& header) { header.byte_order = 0x04030201; });
        says = "another byte order";
    }
    SECTION("newer version") {
        rewrite_identity(path, [](auto& header) { ++header.format_version; });
        says = "format_version is 4";
    }
    SECTION("older version") {
        rewrite_identity(path, [](auto& header) { header.format_version = 1; });
        says = "format_version is 1";
    }
    SECTION("incompatible feature") {
        rewrite_identity(path, [](auto& header) { header.incompatible_features = 1U << 5U; });
        says = "incompatible_features has unknown bits 0x20";
    }
    SECTION("checksum") {
        rewrite_identity(path, [](auto&) {});
        std::string bytes = read_file(path);
        bytes[41] = static_cast<char>(bytes[41] ^ 1);
        write_file(path, bytes);
        both = Code::corrupt;
        says = "identity_checksum";
    }
    const std::string before = read_file(path);
    require_refused(Cache::open(path), both, says);
    require_refused(Cache::open(path, reading()), both, says);
    require_refused(Cache::open_or_create(path), both, says);
    CHECK(read_file(path) == before);
}

TEST_CASE("unknown features that are compatible for readers, or for all, are") {
    TemporaryDirectory directory;
    const std::string path = cache_with_a_record(directory);
    SECTION("for readers") {
        rewrite_identity(path, [](auto& header) { header.read_only_compatible_features = 1; });
        require_refused(Cache::open(path), Code::wrong_version, "read_only_compatible_features has unknown bits");
        CHECK(value_of(opened(Cache::open(path, reading())), "key") == "value");
    }
    SECTION("for all") {
        rewrite_identity(path, [](auto& header) { header.compatible_features = std::uint64_t{1} << 63U; });
        CHECK(value_of(opened(Cache::open(path)), "key") == "value");
        CHECK(value_of(opened(Cache::open(path, reading())), "key") == "value");
    }
}

TEST_CASE("network file systems are known by their magic numbers, local ones are not refused") {
    using platform::incoherent_file_system;
    for (const std::uint32_t magic : {0x6969U, 0x517bU, 0xff534d42U, 0xfe534d42U, 0x01021997U, 0x65735546U, 0x00c36400U,
                                      0x5346414fU, 0x6b414653U, 0x73757245U, 0x564cU, 0x0bd00bd0U, 0x47504653U}) {
        INFO("magic " << magic);
        CHECK_FALSE(incoherent_file_system(magic).empty());
    }
    CHECK(incoherent_file_system(NFS_SUPER_MAGIC) == "NFS");
    CHECK(incoherent_file_system(V9FS_MAGIC) == "9p");
    CHECK(incoherent_file_system(0x65735546) == "FUSE");
    for (const std::uint32_t magic : {std::uint32_t{TMPFS_MAGIC}, std::uint32_t{EXT4_SUPER_MAGIC}, std::uint32_t{XFS_SUPER_MAGIC},
                                      std::uint32_t{BTRFS_SUPER_MAGIC}, std::uint32_t{RAMFS_MAGIC},
                                      std::uint32_t{OVERLAYFS_SUPER_MAGIC}, std::uint32_t{F2FS_SUPER_MAGIC}, 0x2fc12fc1U, 0U}) {
        INFO("magic " << magic);
        CHECK(incoherent_file_system(magic).empty());
    }
}

TEST_CASE("a file without permission is refused, and readable ones can be read") {
    TemporaryDirectory directory;
    const std::string path = cache_with_a_record(directory);
    REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
    SECTION("not readable") {
        require_good_or_not_tried(ChildProcess([&] {
            return as_nobody([&] {
                if (Cache::open(path).code() != Code::permission) return 2;
                if (Cache::open(path, reading()).code() != Code::permission) return 3;
                return Cache::create(directory.file("new"), small()).code() == Code::permission ? 0 : 4;
            });
        }));
    }
    SECTION("readable") {
        REQUIRE(::chmod(path.c_str(), 0644) == 0);
        require_good_or_not_tried(ChildProcess([&] {
            return as_nobody([&] {
                if (Cache::open(path).code() != Code::permission) return 2;
                return value_of(*Cache::open(path, reading()), "key") == "value" ? 0 : 3;
            });
        }));
    }
}

TEST_CASE("on a read-only file system a cache can be read and nothing else") {
    TemporaryDirectory directory;
    const std::string path = cache_with_a_record(directory);
    require_good_or_not_tried(ChildProcess([&] {
        const char* place = directory.path().c_str();
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
        if (::mount(place, place, nullptr, MS_BIND, nullptr) != 0) return 77;
        if (::mount(nullptr, place, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) return 77;
        if (Cache::open(path).code() != Code::permission) return 2;
        if (Cache::create(directory.file("new"), small()).code() != Code::permission) return 3;
        if (Cache::open_or_create(path).code() != Code::permission) return 4;
        Result<Cache> reader = Cache::open(path, reading());
        if (!reader.ok() || value_of(*reader, "key") != "value") return 5;
        return reader->verify().ok() && reader->close().ok() ? 0 : 6;
    }));
}
