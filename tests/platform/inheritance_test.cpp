// What children made by fork() and programs started by exec() get, and what they do not.
#include "tests/platform/child.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/mapped_file.hpp>

#include <atomic>
#include <cerrno>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

FileOptions inherited(bool inheritable) {
    FileOptions options;
    options.inheritable = inheritable;
    return options;
}

// Asks the kernel, since touching what is not mapped would end the process.
bool is_mapped(const MappedView& view) {
    unsigned char in_memory = 0;
    const auto address = reinterpret_cast<std::uintptr_t>(view.data());
    return ::mincore(view.data() - address % 4096, 1, &in_memory) == 0 || errno != ENOMEM;
}

// Whether a program started by exec() has the descriptor.
bool reaches_programs(int descriptor) {
    return in_child([descriptor] {
               const std::string test = "test -e /proc/self/fd/" + std::to_string(descriptor);
               ::execl("/bin/sh", "sh", "-c", test.c_str(), nullptr);
               return std::string("no shell");
           }) == "";
}

}  // namespace

TEST_CASE("children keep views only if told so") {
    for (const bool inheritable : {false, true}) {
        auto file = MappedFile::anonymous(10'000, inherited(inheritable));
        REQUIRE_OK(file);
        auto view = file->view(5'000);
        REQUIRE_OK(view);
        REQUIRE_OK(view->write(0, 'x'));
        CHECK(in_child([&] { return std::string(is_mapped(*view) ? "kept" : "gone"); }) == (inheritable ? "kept" : "gone"));
        CHECK(is_mapped(*view));
    }
}

TEST_CASE("programs keep the descriptor only if told so") {
    const TemporaryDirectory directory;
    for (const bool inheritable : {false, true}) {
        const FileOptions options = inherited(inheritable);
        const std::string path = directory.file(inheritable ? "kept" : "closed");
        auto created = MappedFile::create(path, 100, options);
        REQUIRE_OK(created);
        CHECK(reaches_programs(created->descriptor()) == inheritable);
        auto opened = MappedFile::open(path, options);
        REQUIRE_OK(opened);
        CHECK(reaches_programs(opened->descriptor()) == inheritable);
        auto memory = MappedFile::anonymous(100, options);
        REQUIRE_OK(memory);
        CHECK(reaches_programs(memory->descriptor()) == inheritable);
        FileOptions reading = options;
        reading.access = Access::read_only;
        auto read_only = MappedFile::anonymous(100, reading);
        REQUIRE_OK(read_only);
        CHECK(reaches_programs(read_only->descriptor()) == inheritable);
        auto named = MappedFile::named("inheritance-test-" + std::to_string(::getpid()), 100, options);
        REQUIRE_OK(named);
        CHECK(reaches_programs(named->descriptor()) == inheritable);
    }
}

TEST_CASE("parent and child share what both keep") {
    auto file = MappedFile::anonymous(4096, inherited(true));
    REQUIRE_OK(file);
    auto view = file->view();
    REQUIRE_OK(view);
    auto numbers = view->span<std::uint32_t>(0, 1);
    REQUIRE_OK(numbers);
    std::atomic_ref<std::uint32_t> number(numbers->front());
    CHECK(in_child([&] {
              number.store(17);
              return std::string("stored");
          }) == "stored");
    CHECK(number.load() == 17);
}

TEST_CASE("a child can map a file anew whose views it did not keep") {
    auto file = MappedFile::anonymous(4096);
    REQUIRE_OK(file);
    auto view = file->view();
    REQUIRE_OK(view);
    CHECK(in_child([&] {
              auto own = file->view();
              if (!own.ok()) return own.status().message();
              return own->write(8, 'c').message();
          }) == "ok");
    CHECK(*view->read<char>(8) == 'c');
}
