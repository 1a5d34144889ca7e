// Files as objects: made, opened, refused, resized, closed.
#include "tests/platform/child.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/mapped_file.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

FileOptions reading() {
    FileOptions options;
    options.access = Access::read_only;
    return options;
}

void require_closed(MappedFile& file) {
    CHECK_FALSE(file.is_open());
    CHECK(file.descriptor() == -1);
    CHECK(file.path().empty());
    CHECK_CODE(file.size(), Code::closed);
    CHECK_CODE(file.committed(), Code::closed);
    CHECK_CODE(file.mode(), Code::closed);
    CHECK_CODE(file.owner(), Code::closed);
    CHECK_CODE(file.group(), Code::closed);
    CHECK_CODE(file.set_mode(0600), Code::closed);
    CHECK_CODE(file.set_owner(-1, -1), Code::closed);
    CHECK_CODE(file.view(), Code::closed);
    CHECK_CODE(file.commit(0, 1), Code::closed);
    CHECK_CODE(file.decommit(0, 1), Code::closed);
    CHECK_CODE(file.resize(1), Code::closed);
    CHECK_CODE(file.flush(), Code::closed);
    CHECK_CODE(file.close(), Code::closed);
}

}  // namespace

TEST_CASE("a new file has the size asked for, is all zero and takes no space") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("new");
    auto file = MappedFile::create(path, 1'000'003);
    REQUIRE_OK(file);
    CHECK(file->is_open());
    CHECK(file->path() == path);
    CHECK(file->access() == Access::read_write);
    CHECK(*file->size() == 1'000'003);
    CHECK(*file->committed() == 0);
    CHECK(read_file(path) == std::string(1'000'003, '\0'));
    CHECK(count_files(directory.path()) == 1);
}

TEST_CASE("create refuses a name that is taken, and leaves what has it alone") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("taken");
    write_file(path, "mine");
    CHECK_CODE(MappedFile::create(path, 100), Code::exists);
    CHECK(read_file(path) == "mine");
    const std::string link = directory.file("dangling");
    REQUIRE(::symlink("nowhere", link.c_str()) == 0);
    CHECK_CODE(MappedFile::create(link, 100), Code::exists);
    CHECK_CODE(MappedFile::open_or_create(link, 100), Code::exists);
    CHECK_CODE(MappedFile::create(directory.path(), 100), Code::exists);
    CHECK(count_files(directory.path()) == 2);
}

TEST_CASE("create refuses what cannot be, and leaves nothing behind") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("never");
    CHECK_CODE(MappedFile::create(path, 0), Code::invalid_argument);
    CHECK_CODE(MappedFile::create(path, ~std::uint64_t{0}), Code::invalid_argument);
    CHECK_CODE(MappedFile::create("", 1), Code::invalid_argument);
    CHECK_CODE(MappedFile::create(path + "/", 1), Code::invalid_argument);
    CHECK_CODE(MappedFile::create(std::string_view("a\0b", 3), 1), Code::invalid_argument);
    CHECK_CODE(MappedFile::create(directory.file("no/such"), 1), Code::no_such_file);
    FileOptions options;
    options.mode = 0100600;
    CHECK_CODE(MappedFile::create(path, 1, options), Code::invalid_argument);
    options = {};
    options.owner = -2;
    CHECK_CODE(MappedFile::create(path, 1, options), Code::invalid_argument);
    options = {};
    options.group = std::int64_t{1} << 32;
    CHECK_CODE(MappedFile::create(path, 1, options), Code::invalid_argument);
    CHECK(count_files(directory.path()) == 0);
}

TEST_CASE("names relative to the working directory work") {
    const TemporaryDirectory directory;
    const std::string result = in_child([&] {
        if (::chdir(directory.path().c_str()) != 0) return std::string("cannot go there");
        auto file = MappedFile::create("relative", 5);
        if (!file.ok()) return file.status().message();
        return file->path() + (MappedFile::open("relative").ok() ? " opened" : " not opened");
    });
    CHECK(result == "relative opened");
    CHECK(read_file(directory.file("relative")).size() == 5);
}

TEST_CASE("open takes a file at the size it has") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("there");
    write_file(path, "hello");
    auto file = MappedFile::open(path);
    REQUIRE_OK(file);
    CHECK(*file->size() == 5);
    auto view = file->view();
    REQUIRE_OK(view);
    REQUIRE_OK(view->write(0, 'j'));
    CHECK(read_file(path) == "jello");
    CHECK(file->path() == path);
}

TEST_CASE("open refuses what is not a regular file, without waiting, and names it") {
    const TemporaryDirectory directory;
    const std::string fifo = directory.file("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const std::string socket_path = directory.file("socket");
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    for (const std::string& path : {directory.path(), fifo, socket_path, std::string("/dev/null"), std::string("/dev/zero")}) {
        for (const FileOptions& options : {FileOptions{}, reading()}) {
            const auto file = MappedFile::open(path, options);
            CHECK_CODE(file, Code::invalid_argument);
            CHECK(file.status().message().find(path) != std::string::npos);
            CHECK_CODE(MappedFile::open_or_create(path, 1, options), Code::invalid_argument);
        }
    }
    ::close(socket);
    CHECK_CODE(MappedFile::open(directory.file("nothing")), Code::no_such_file);
    CHECK_CODE(MappedFile::open(""), Code::invalid_argument);
}

TEST_CASE("open_or_create says which it was") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("either");
    bool created = false;
    REQUIRE_OK(MappedFile::open_or_create(path, 100, {}, &created));
    CHECK(created);
    auto again = MappedFile::open_or_create(path, 200, {}, &created);
    REQUIRE_OK(again);
    CHECK_FALSE(created);
    CHECK(*again->size() == 100);
    REQUIRE_OK(MappedFile::open_or_create(path, 200));
}

TEST_CASE("a file opened for reading only cannot be changed") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("file");
    write_file(path, "hello");
    for (const bool made : {false, true}) {
        auto file = made ? MappedFile::create(directory.file("made"), 5, reading()) : MappedFile::open(path, reading());
        REQUIRE_OK(file);
        CHECK(file->access() == Access::read_only);
        CHECK_CODE(file->view(), Code::read_only);
        CHECK_CODE(file->commit(0, 1), Code::read_only);
        CHECK_CODE(file->decommit(0, 1), Code::read_only);
        CHECK_CODE(file->resize(10), Code::read_only);
        auto view = file->view(0, 0, Access::read_only);
        REQUIRE_OK(view);
        CHECK_CODE(view->write(0, 'j'), Code::read_only);
        CHECK_CODE(view->span<char>(0, 1), Code::read_only);
        CHECK(::write(file->descriptor(), "x", 1) == -1);
        CHECK(*view->read<char>(0) == (made ? '\0' : 'h'));
        CHECK(view->span<const char>(0, 5)->size() == 5);
    }
    CHECK(read_file(path) == "hello");
}

TEST_CASE("memory without a name belongs to its handle") {
    auto file = MappedFile::anonymous(10'000);
    REQUIRE_OK(file);
    CHECK(file->path().empty());
    CHECK(*file->size() == 10'000);
    CHECK(*file->committed() == 0);
    CHECK(*file->mode() == 0600);
    auto view = file->view();
    REQUIRE_OK(view);
    REQUIRE_OK(view->write(9'999, 'z'));
    CHECK(*file->view(9'999)->read<char>(0) == 'z');
    FileOptions committed;
    committed.commit = true;
    CHECK(*MappedFile::anonymous(10'000, committed)->committed() >= 10'000);
    CHECK_CODE(MappedFile::anonymous(0), Code::invalid_argument);
    CHECK_CODE(MappedFile::anonymous(10, reading())->view(), Code::read_only);
}

TEST_CASE("resizing shows to everybody who has the file") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), 10);
    auto other = MappedFile::open(directory.file("file"));
    REQUIRE_OK(file);
    REQUIRE_OK(other);
    REQUIRE_OK(file->resize(100'000));
    CHECK(*other->size() == 100'000);
    REQUIRE_OK(other->view(99'999));
    REQUIRE_OK(other->resize(7));
    CHECK(*file->size() == 7);
    CHECK_CODE(file->view(7), Code::invalid_argument);
    CHECK_CODE(file->resize(0), Code::invalid_argument);
}

TEST_CASE("what is flushed is in the file") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), 20'000);
    REQUIRE_OK(file);
    auto view = file->view();
    REQUIRE_OK(view);
    REQUIRE_OK(view->write(12'345, 'x'));
    REQUIRE_OK(view->flush(12'345, 1));
    REQUIRE_OK(view->flush());
    REQUIRE_OK(file->flush());
    CHECK(read_file(directory.file("file"))[12'345] == 'x');
}

TEST_CASE("calls on a closed or moved-from file say so") {
    MappedFile never;
    require_closed(never);
    auto file = MappedFile::anonymous(100);
    REQUIRE_OK(file);
    MappedFile moved = std::move(*file);
    require_closed(*file);  // NOLINT(bugprone-use-after-move): that is the point
    REQUIRE_OK(moved.size());
    MappedFile assigned;
    assigned = std::move(moved);
    require_closed(moved);  // NOLINT(bugprone-use-after-move)
    const int descriptor = assigned.descriptor();
    REQUIRE_OK(assigned.close());
    require_closed(assigned);
    CHECK(::fcntl(descriptor, F_GETFD) == -1);
}

TEST_CASE("of racing creators exactly one wins, and nobody sees half a file") {
    const TemporaryDirectory directory;
    constexpr std::size_t kRacers = 6;
    for (int round = 0; round < 10; ++round) {
        const std::string path = directory.file(std::to_string(round));
        Gate start;
        std::vector<std::unique_ptr<Child>> racers;
        for (std::size_t i = 0; i < kRacers; ++i) {
            racers.push_back(std::make_unique<Child>([&] {
                start.wait();
                bool created = false;
                const auto file = MappedFile::open_or_create(path, 50'000, {}, &created);
                if (!file.ok()) return file.status().message();
                return std::string(*file->size() == 50'000 && *file->mode() == 0600 ? "" : "half ") +
                       (created ? "made" : "found");
            }));
        }
        start.open(kRacers);
        std::size_t made = 0;
        std::size_t found = 0;
        for (auto& racer : racers) {
            const std::string result = racer->result();
            if (result == "made") ++made;
            if (result == "found") ++found;
        }
        CHECK(made == 1);
        CHECK(found == kRacers - 1);
    }
    CHECK(count_files(directory.path()) == 10);
}
