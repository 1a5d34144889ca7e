// Space behind a file: taken before it is needed, given back, and refused without harm.
#include "engine/platform/space.hpp"
#include "tests/platform/child.hpp"
#include "tests/support/check.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/mapped_file.hpp>

#include <functional>
#include <string>
#include <vector>

#include <sched.h>
#include <sys/mount.h>

using namespace larder;
using namespace larder::tests;

namespace {

// What runs out of space does so on a file system of one MiB that only the child sees. Without the right to mount one, the
// child says so.
std::string on_small_disk(const std::string& mount_point, const std::function<std::string()>& body) {
    return in_child([&] {
        const bool mounted = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                             ::mount("none", mount_point.c_str(), "tmpfs", 0, "size=1m") == 0;
        return mounted ? body() : std::string("cannot mount");
    });
}

void require_result(const std::string& result, const std::string& expected) {
    if (result == "cannot mount") {
        SUCCEED("not tried: this user may not mount a small file system");
        return;
    }
    CHECK(result == expected);
}

}  // namespace

TEST_CASE("a committed range has its space, and no byte changes") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), 4 * kMiB);
    REQUIRE_OK(file);
    auto view = file->view();
    REQUIRE_OK(view);
    REQUIRE_OK(view->write(kMiB + 5, 'x'));
    REQUIRE_OK(file->commit(kMiB, kMiB));
    CHECK(*file->committed() >= kMiB);
    CHECK(*file->committed() < 2 * kMiB);
    CHECK(*file->size() == 4 * kMiB);
    CHECK(*view->read<char>(kMiB + 5) == 'x');
    REQUIRE_OK(file->commit(0, 4 * kMiB));
    CHECK(*file->committed() >= 4 * kMiB);
    CHECK(allocated_bytes(directory.file("file")) == *file->committed());
    REQUIRE_OK(file->commit(4 * kMiB, 0));
    CHECK_CODE(file->commit(4 * kMiB, 1), Code::invalid_argument);
    CHECK_CODE(file->commit(1, ~std::uint64_t{0}), Code::invalid_argument);
    CHECK(*file->size() == 4 * kMiB);
}

TEST_CASE("a file can have all its space from the start") {
    const TemporaryDirectory directory;
    FileOptions options;
    options.commit = true;
    const auto file = MappedFile::create(directory.file("file"), 3 * kMiB + 1, options);
    REQUIRE_OK(file);
    CHECK(*file->committed() >= 3 * kMiB + 1);
}

TEST_CASE("a decommitted range reads as zeros and takes no space") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), kMiB + 100);
    REQUIRE_OK(file);
    auto view = file->view();
    REQUIRE_OK(view);
    REQUIRE_OK(view->write_array<char>(0, std::vector<char>(kMiB + 100, 'x')));
    REQUIRE_OK(file->decommit(10, 8192));
    CHECK(*view->read<char>(9) == 'x');
    CHECK(*view->read<char>(10) == '\0');
    CHECK(*view->read<char>(8201) == '\0');
    CHECK(*view->read<char>(8202) == 'x');
    REQUIRE_OK(file->decommit(kMiB / 2, kMiB / 2 + 100));
    CHECK(*file->committed() <= kMiB / 2);
    CHECK(*view->read<char>(kMiB + 99) == '\0');
    CHECK(*file->size() == kMiB + 100);
    REQUIRE_OK(file->decommit(0, kMiB + 100));
    CHECK(*file->committed() == 0);
    REQUIRE_OK(file->decommit(5, 0));
    CHECK_CODE(file->decommit(kMiB, 101), Code::invalid_argument);
    CHECK_CODE(file->decommit(1, ~std::uint64_t{0}), Code::invalid_argument);
}

TEST_CASE("space taken by writing fills the holes only") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), kMiB);
    REQUIRE_OK(file);
    auto view = file->view();
    REQUIRE_OK(view);
    REQUIRE_OK(view->write(100'000, 'x'));
    REQUIRE_OK(view->write(300'000, 'y'));
    const std::uint64_t before = *file->committed();
    REQUIRE_OK(platform::commit_by_writing(file->descriptor(), file->path(), 50'000, 700'000));
    CHECK(*file->committed() >= 700'000);
    CHECK(*file->committed() < 800'000);
    CHECK(before < 100'000);
    CHECK(*view->read<char>(100'000) == 'x');
    CHECK(*view->read<char>(300'000) == 'y');
    CHECK(*file->size() == kMiB);
    REQUIRE_OK(platform::commit_by_writing(file->descriptor(), file->path(), 0, kMiB));
    CHECK(*file->committed() >= kMiB);
    CHECK(*file->size() == kMiB);
}

TEST_CASE("a full disk is an error, and what was there stays") {
    const TemporaryDirectory directory;
    const std::string result = on_small_disk(directory.path(), [&] {
        auto file = MappedFile::create(directory.file("file"), 8 * kMiB);
        if (!file.ok()) return "create: " + file.status().message();
        auto view = file->view();
        if (!view->write(0, 'x').ok()) return std::string("write failed");
        std::string codes(code_name(file->commit(0, 8 * kMiB).code()));
        codes += " " + std::string(code_name(file->commit(0, 4096).code()));
        codes += *view->read<char>(0) == 'x' ? " kept" : " lost";
        codes += " " + std::string(code_name(file->decommit(0, 8 * kMiB).code()));
        codes += " " + std::string(code_name(file->commit(0, kMiB / 2).code()));
        return codes;
    });
    require_result(result, "full ok kept ok ok");
}

TEST_CASE("a full disk stops space taken by writing, too") {
    const TemporaryDirectory directory;
    const std::string result = on_small_disk(directory.path(), [&] {
        auto file = MappedFile::create(directory.file("file"), 8 * kMiB);
        if (!file.ok()) return file.status().message();
        return std::string(code_name(platform::commit_by_writing(file->descriptor(), file->path(), 0, 8 * kMiB).code()));
    });
    require_result(result, "full");
}

TEST_CASE("a file that cannot have its space is not made") {
    const TemporaryDirectory directory;
    const std::string result = on_small_disk(directory.path(), [&] {
        FileOptions options;
        options.commit = true;
        const auto file = MappedFile::create(directory.file("file"), 8 * kMiB, options);
        return std::string(code_name(file.code())) + " " + std::to_string(count_files(directory.path()));
    });
    require_result(result, "full 0");
}
