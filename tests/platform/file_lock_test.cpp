// Who holds a byte: told apart by open file description, and released however the holder ends.
#include "engine/platform/file_lock.hpp"
#include "engine/platform/descriptor.hpp"
#include "tests/platform/child.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>

#include <fcntl.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;
using namespace larder::platform;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kByte = std::uint64_t{1} << 62;  // far beyond the end of the file

class LockedFile {
  public:
    LockedFile() { write_file(path_, "x"); }
    Descriptor open(int flags = O_RDWR) const {
        Descriptor descriptor(::open(path_.c_str(), flags | O_CLOEXEC));
        REQUIRE(descriptor.is_open());
        return descriptor;
    }

  private:
    TemporaryDirectory directory_;
    std::string path_ = directory_.file("locked");
};

bool locks(const Descriptor& file, LockKind kind, std::uint64_t offset = kByte) {
    const Result<bool> result = try_lock(file.number(), offset, 1, kind);
    REQUIRE_OK(result);
    return *result;
}

bool is_seen_locked(const Descriptor& file, LockKind conflicting_with = LockKind::exclusive) {
    const Result<bool> result = is_locked_by_other(file.number(), kByte, 1, conflicting_with);
    REQUIRE_OK(result);
    return *result;
}

}  // namespace

TEST_CASE("two opens of one file in one process are two owners") {
    const LockedFile file;
    const Descriptor first = file.open();
    const Descriptor second = file.open();
    CHECK(locks(first, LockKind::exclusive));
    CHECK(locks(first, LockKind::exclusive));
    CHECK_FALSE(locks(second, LockKind::exclusive));
    CHECK_FALSE(locks(second, LockKind::shared));
    CHECK(locks(second, LockKind::exclusive, kByte + 1));
    CHECK(is_seen_locked(second));
    CHECK_FALSE(is_seen_locked(first));
    REQUIRE_OK(unlock(first.number(), kByte, 1));
    CHECK_FALSE(is_seen_locked(second));
    CHECK(locks(second, LockKind::exclusive));
}

TEST_CASE("shared locks bear each other, and turn exclusive when the last other is gone") {
    const LockedFile file;
    const Descriptor first = file.open();
    Descriptor second = file.open();
    CHECK(locks(first, LockKind::shared));
    CHECK(locks(second, LockKind::shared));
    CHECK(is_seen_locked(first));
    CHECK_FALSE(is_seen_locked(first, LockKind::shared));
    CHECK_FALSE(locks(first, LockKind::exclusive));
    second.reset();
    CHECK(locks(first, LockKind::exclusive));
    const Descriptor third = file.open();
    CHECK(is_seen_locked(third, LockKind::shared));
}

TEST_CASE("a descriptor for reading may ask and share, but not exclude") {
    const LockedFile file;
    const Descriptor reader = file.open(O_RDONLY);
    const Descriptor writer = file.open();
    CHECK_FALSE(try_lock(reader.number(), kByte, 1, LockKind::exclusive).ok());
    CHECK(locks(reader, LockKind::shared));
    CHECK(is_seen_locked(writer));
    REQUIRE_OK(unlock(reader.number(), kByte, 1));
    CHECK(locks(writer, LockKind::exclusive));
    CHECK(is_seen_locked(reader));
}

TEST_CASE("ranges are whole") {
    const LockedFile file;
    const Descriptor first = file.open();
    const Descriptor second = file.open();
    REQUIRE_OK(try_lock(first.number(), 100, 10, LockKind::exclusive));
    CHECK(*is_locked_by_other(second.number(), 109, 5));
    CHECK_FALSE(*is_locked_by_other(second.number(), 110, 5));
    CHECK_FALSE(*is_locked_by_other(second.number(), 0, 100));
    REQUIRE_OK(unlock(first.number(), 104, 1));
    CHECK_FALSE(*is_locked_by_other(second.number(), 104, 1));
    CHECK(*is_locked_by_other(second.number(), 105, 1));
    CHECK_CODE(try_lock(first.number(), 0, 0, LockKind::shared), Code::invalid_argument);
    CHECK_CODE(unlock(first.number(), 0, 0), Code::invalid_argument);
    CHECK_CODE(is_locked_by_other(first.number(), ~std::uint64_t{0}, 1), Code::invalid_argument);
    CHECK_CODE(try_lock(-1, 0, 1, LockKind::shared), Code::io_error);
}

TEST_CASE("a killed process releases its byte") {
    const LockedFile file;
    const Descriptor mine = file.open();
    Gate locked;
    Gate never;
    Child child([&] {
        const Descriptor own = file.open();
        if (!locks(own, LockKind::exclusive)) return std::string("not locked");
        locked.open();
        never.wait();
        return std::string("let go");
    });
    locked.wait();
    CHECK(is_seen_locked(mine));
    CHECK_FALSE(*lock_within(mine.number(), kByte, 1, LockKind::exclusive, 5ms));
    child.kill();
    CHECK_FALSE(is_seen_locked(mine));
    CHECK(locks(mine, LockKind::exclusive));
}

TEST_CASE("a forked child keeps its parent's byte until it closes the descriptor") {
    const LockedFile file;
    const Descriptor other = file.open();
    Descriptor parents = file.open();
    CHECK(locks(parents, LockKind::exclusive));
    Gate close;
    Gate closed;
    Gate end;
    Child child([&] {
        close.wait();
        parents.reset();
        closed.open();
        end.wait();
        return std::string("done");
    });
    parents.reset();
    CHECK(is_seen_locked(other));
    close.open();
    closed.wait();
    CHECK_FALSE(is_seen_locked(other));
    end.open();
    CHECK(child.result() == "done");
}

TEST_CASE("waiting for a byte ends when its holder lets go") {
    const LockedFile file;
    const Descriptor mine = file.open();
    Gate locked;
    Gate go;
    Child child([&] {
        Descriptor own = file.open();
        if (!locks(own, LockKind::exclusive)) return std::string("not locked");
        locked.open();
        go.wait();
        own.reset();
        return std::string("released");
    });
    locked.wait();
    CHECK_FALSE(*lock_within(mine.number(), kByte, 1, LockKind::shared, 0ms));
    go.open();
    CHECK(*lock_within(mine.number(), kByte, 1, LockKind::exclusive, 200s));
    CHECK(child.result() == "released");
}
