// Who may read and write is the file's owner and mode.
#include "tests/platform/child.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/mapped_file.hpp>

#include <cstdint>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint32_t kStranger = 12'345;

FileOptions owned_with_mode(std::uint32_t mode) {
    FileOptions options;
    options.mode = mode;
    return options;
}

// As another user. Only root can become one.
template <class Body>
std::string as_other_user(const Body& body) {
    return in_child([&] {
        if (::setgid(kStranger) != 0 || ::setuid(kStranger) != 0) return std::string("cannot change user");
        return std::string(body());
    });
}

std::string open_as_stranger(const std::string& path, Access access) {
    return as_other_user([&] {
        FileOptions options;
        options.access = access;
        return code_name(MappedFile::open(path, options).code());
    });
}

}  // namespace

TEST_CASE("the mode is the one asked for, whatever the umask") {
    const TemporaryDirectory directory;
    const std::string modes = in_child([&] {
        ::umask(0777);
        std::string text;
        for (const std::uint32_t mode : {0600U, 0644U, 0666U, 0400U, 0777U}) {
            const auto file = MappedFile::create(directory.file(std::to_string(mode)), 1, owned_with_mode(mode));
            const auto memory = MappedFile::anonymous(1, owned_with_mode(mode));
            text += file.ok() && *file->mode() == mode && memory.ok() && *memory->mode() == mode ? "+" : "-";
        }
        ::umask(0);
        return text + (*MappedFile::create(directory.file("default"), 1)->mode() == 0600 ? "+" : "-");
    });
    CHECK(modes == "++++++");
}

TEST_CASE("the mode can be changed later") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), 1);
    REQUIRE_OK(file);
    REQUIRE_OK(file->set_mode(0640));
    CHECK(*file->mode() == 0640);
    CHECK_CODE(file->set_mode(010000), Code::invalid_argument);
    CHECK(*file->mode() == 0640);
}

TEST_CASE("a new file belongs to its maker, or to whom it is given") {
    const TemporaryDirectory directory;
    auto own = MappedFile::create(directory.file("own"), 1);
    REQUIRE_OK(own);
    CHECK(*own->owner() == ::geteuid());
    CHECK(*own->group() == ::getegid());
    CHECK_CODE(own->set_owner(-2, -1), Code::invalid_argument);
    CHECK_CODE(own->set_owner(-1, std::int64_t{1} << 40), Code::invalid_argument);
    if (::geteuid() != 0) {
        CHECK_CODE(own->set_owner(kStranger, -1), Code::permission);
        return;
    }
    FileOptions options;
    options.owner = kStranger;
    options.group = kStranger + 1;
    for (const bool named : {true, false}) {
        const auto given = named ? MappedFile::create(directory.file("given"), 1, options) : MappedFile::anonymous(1, options);
        REQUIRE_OK(given);
        CHECK(*given->owner() == kStranger);
        CHECK(*given->group() == kStranger + 1);
        CHECK(*given->mode() == 0600);
    }
    REQUIRE_OK(own->set_owner(-1, kStranger));
    CHECK(*own->owner() == 0);
    CHECK(*own->group() == kStranger);
    REQUIRE_OK(own->set_owner(kStranger, -1));
    CHECK(*own->owner() == kStranger);
}

TEST_CASE("others get what the mode gives them") {
    if (::geteuid() != 0) {
        SUCCEED("not tried: only root can become somebody else");
        return;
    }
    const TemporaryDirectory directory;
    REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
    for (const std::uint32_t mode : {0600U, 0644U, 0666U}) {
        REQUIRE_OK(MappedFile::create(directory.file(std::to_string(mode)), 1, owned_with_mode(mode)));
    }
    CHECK(open_as_stranger(directory.file(std::to_string(0600)), Access::read_only) == "permission");
    CHECK(open_as_stranger(directory.file(std::to_string(0644)), Access::read_only) == "ok");
    CHECK(open_as_stranger(directory.file(std::to_string(0644)), Access::read_write) == "permission");
    CHECK(open_as_stranger(directory.file(std::to_string(0666)), Access::read_write) == "ok");
    CHECK(as_other_user([&] { return code_name(MappedFile::create(directory.file("new"), 1).code()); }) == "permission");
    CHECK(as_other_user([&] {
              FileOptions options;
              options.access = Access::read_only;
              auto file = MappedFile::open(directory.file(std::to_string(0644)), options);
              return file.ok() ? code_name(file->set_mode(0777).code()) : "not opened";
          }) == "permission");
    CHECK(count_files(directory.path()) == 3);
}

TEST_CASE("a stranger makes files in a directory that lets everybody") {
    if (::geteuid() != 0) {
        SUCCEED("not tried: only root can become somebody else");
        return;
    }
    const TemporaryDirectory directory;
    REQUIRE(::chmod(directory.path().c_str(), 01777) == 0);
    CHECK(as_other_user([&] {
              const auto file = MappedFile::create(directory.file("new"), 1);
              return file.ok() && *file->owner() == kStranger ? code_name(Code::ok) : code_name(file.code());
          }) == "ok");
    CHECK(as_other_user([&] {
              FileOptions options;
              options.owner = 0;
              return code_name(MappedFile::create(directory.file("given"), 1, options).code());
          }) == "permission");
    CHECK(count_files(directory.path()) == 1);
}
