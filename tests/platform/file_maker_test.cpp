// Files are whole before they have a name; opened again, they are the same files.
#include "engine/platform/file_maker.hpp"
#include "engine/platform/file_lock.hpp"
#include "engine/platform/reopen.hpp"
#include "tests/platform/child.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;
using namespace larder::platform;

namespace {

FileMaker make(const std::string& path) {
    auto maker = FileMaker::make(path, 10, {});
    REQUIRE_OK(maker);
    return std::move(*maker);
}

void fill(FileMaker& maker) {
    auto view = maker.file().view();
    REQUIRE_OK(view);
    REQUIRE_OK(view->write_array<char>(0, std::string_view("0123456789")));
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

TEST_CASE("a file has its name only once it is published, and is whole then") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("file");
    FileMaker maker = make(path);
    fill(maker);
    CHECK(maker.file().path() == path);
    CHECK_FALSE(exists(path));
    REQUIRE_OK(maker.publish());
    CHECK(read_file(path) == "0123456789");
    const MappedFile file = std::move(maker).take();
    CHECK(*file.size() == 10);
    CHECK(count_files(directory.path()) == 1);
}

TEST_CASE("a file that is not published leaves nothing behind") {
    const TemporaryDirectory directory;
    {
        FileMaker maker = make(directory.file("file"));
        fill(maker);
    }
    CHECK(count_files(directory.path()) == 0);
}

TEST_CASE("publishing does not replace what has taken the name meanwhile") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("file");
    FileMaker maker = make(path);
    fill(maker);
    write_file(path, "other");
    CHECK_CODE(maker.publish(), Code::exists);
    CHECK(read_file(path) == "other");
    CHECK(count_files(directory.path()) == 1);
}

TEST_CASE("where /proc is missing a file is made under a temporary name") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("file");
    const std::string result = in_child([&] {
        const bool hidden = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                            ::mount("none", "/proc", "tmpfs", 0, nullptr) == 0;
        if (!hidden) return std::string("cannot mount");
        std::string counts;
        {
            auto dropped = FileMaker::make(path, 10, {});
            if (!dropped.ok()) return dropped.status().message();
            counts += std::to_string(count_files(directory.path()));
        }
        counts += std::to_string(count_files(directory.path()));
        auto maker = FileMaker::make(path, 10, {});
        if (!maker.ok() || exists(path)) return std::string("not made");
        counts += std::string(code_name(maker->publish().code()));
        counts += std::to_string(count_files(directory.path()));
        return counts + std::string(code_name(MappedFile::create(path, 10).code()));
    });
    if (result == "cannot mount") {
        SUCCEED("not tried: this user may not mount");
        return;
    }
    CHECK(result == "10ok1exists");
    CHECK(read_file(path) == std::string(10, '\0'));
    CHECK(count_files(directory.path()) == 1);
}

TEST_CASE("a file opened again is the same file with locks of its own") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), 10);
    REQUIRE_OK(file);
    auto again = reopen(file->descriptor(), Access::read_write, file->path());
    REQUIRE_OK(again);
    CHECK(again->path() == file->path());
    REQUIRE_OK(file->view()->write(3, 'x'));
    CHECK(*again->view()->read<char>(3) == 'x');
    CHECK(*try_lock(file->descriptor(), 0, 1, LockKind::exclusive));
    CHECK_FALSE(*try_lock(again->descriptor(), 0, 1, LockKind::exclusive));
    REQUIRE_OK(file->close());
    CHECK(*try_lock(again->descriptor(), 0, 1, LockKind::exclusive));
}

TEST_CASE("a file can be opened again without a name, and for reading only") {
    auto memory = MappedFile::anonymous(10);
    REQUIRE_OK(memory);
    auto again = reopen(memory->descriptor(), Access::read_only);
    REQUIRE_OK(again);
    CHECK(again->path().empty());
    CHECK(again->access() == Access::read_only);
    CHECK_CODE(again->view(), Code::read_only);
    REQUIRE_OK(memory->view()->write(0, 'x'));
    CHECK(*again->view(0, 0, Access::read_only)->read<char>(0) == 'x');
    const int bare = reopen_descriptor(memory->descriptor(), Access::read_only);
    REQUIRE(bare >= 0);
    CHECK((::fcntl(bare, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(bare, F_GETFL) & O_ACCMODE) == O_RDONLY);
    ::close(bare);
}

TEST_CASE("an opened file is found again under the name that the kernel knows") {
    const TemporaryDirectory directory;
    write_file(directory.file("file"), "x");
    auto file = MappedFile::open(directory.file("file"));
    REQUIRE_OK(file);
    CHECK(reopen(file->descriptor(), Access::read_write)->path() == directory.file("file"));
    REQUIRE(::unlink(directory.file("file").c_str()) == 0);
    CHECK(reopen(file->descriptor(), Access::read_write)->path().empty());
    CHECK_FALSE(reopen(-1, Access::read_only).ok());
    CHECK(reopen_descriptor(-1, Access::read_only) == -1);
    CHECK(errno == EBADF);
}
