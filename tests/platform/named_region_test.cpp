// Memory by name: shared by all who give the name, gone with the last of them, however they end.
#include "engine/platform/named_region.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/platform/file_lock.hpp"
#include "tests/platform/child.hpp"
#include "tests/support/check.hpp"

#include <larder/mapped_file.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint64_t kSize = 10'000;

/// A name that no other test uses; what is left behind under it goes with this.
class Name {
  public:
    Name() : text_("test-" + std::to_string(::getpid()) + "-" + std::to_string(++count_)), maker_(::getpid()) {}
    Name(const Name&) = delete;
    Name& operator=(const Name&) = delete;
    ~Name() {
        if (::getpid() == maker_) ::unlink(path().c_str());
    }
    const std::string& text() const { return text_; }
    std::string path() const { return *platform::named_region_path(text_); }
    bool exists() const { return ::access(path().c_str(), F_OK) == 0; }

  private:
    static inline int count_ = 0;
    std::string text_;
    pid_t maker_;
};

MappedFile opened(const Name& name, bool expect_created, const FileOptions& options = {}) {
    bool created = !expect_created;
    auto file = MappedFile::named(name.text(), kSize, options, &created);
    REQUIRE_OK(file);
    CHECK(created == expect_created);
    return std::move(*file);
}

void put(const MappedFile& file, char value) { REQUIRE_OK(file.view()->write(0, value)); }
char got(const MappedFile& file) { return *file.view(0, 0, Access::read_only)->read<char>(0); }

FileOptions with_mode(std::uint32_t mode) {
    FileOptions options;
    options.mode = mode;
    return options;
}

/// What another user makes of the region. Only root can become one.
std::string as_stranger(const Name& name, Access access) {
    return in_child([&] {
        if (::setuid(12'345) != 0) return std::string("cannot change user");
        FileOptions options;
        options.access = access;
        bool created = false;
        const auto file = MappedFile::named(name.text(), kSize, options, &created);
        if (!file.ok()) return std::string(code_name(file.code()));
        return std::string(created ? "created " : "found ") + std::to_string(static_cast<int>(got(*file)));
    });
}

/// Makes a region in a process that ends without closing it.
void leave_behind(const Name& name, const FileOptions& options) {
    in_child([&] {
        const auto file = MappedFile::named(name.text(), kSize, options);
        put(*file, 9);
        ::_exit(0);
        return std::string();
    });
    REQUIRE(name.exists());
}

/// A process that opens the region, says so, and lives until it is told or killed.
class User {
  public:
    explicit User(const Name& name, char value)
        : child_([&] {
              const auto file = MappedFile::named(name.text(), kSize);
              if (!file.ok()) return file.status().message();
              if (!file->view()->write(0, value).ok()) return std::string("not written");
              opened_.open();
              end_.wait();
              return std::string("closed");
          }) {
        opened_.wait();
    }
    void kill() { child_.kill(); }
    std::string end() {
        end_.open();
        return child_.result();
    }

  private:
    Gate opened_;
    Gate end_;
    Child child_;
};

}  // namespace

TEST_CASE("who gives the same name gets the same memory") {
    const Name name;
    const MappedFile first = opened(name, true);
    CHECK(first.path().empty());
    CHECK(*first.size() == kSize);
    CHECK(*first.mode() == 0600);
    put(first, 'a');
    bool created = true;
    auto second = MappedFile::named(name.text(), kSize * 2, {}, &created);
    REQUIRE_OK(second);
    CHECK_FALSE(created);
    CHECK(*second->size() == kSize);
    CHECK(got(*second) == 'a');
    User other(name, 'b');
    CHECK(got(first) == 'b');
    const Name another;
    CHECK(got(opened(another, true)) == '\0');
    CHECK(other.end() == "closed");
}

TEST_CASE("the last to close takes the name away") {
    const Name name;
    MappedFile first = opened(name, true);
    MappedFile second = opened(name, false);
    put(first, 'a');
    REQUIRE_OK(first.close());
    CHECK(name.exists());
    auto view = second.view();
    REQUIRE_OK(view);
    REQUIRE_OK(second.close());
    CHECK_FALSE(name.exists());
    CHECK(*view->read<char>(0) == 'a');
    {
        const MappedFile third = opened(name, true);
        CHECK(got(third) == '\0');
    }
    CHECK_FALSE(name.exists());
}

TEST_CASE("a region lives as long as any process has it open") {
    const Name name;
    auto first = std::make_unique<User>(name, 'a');
    User second(name, 'b');
    CHECK(first->end() == "closed");
    CHECK(name.exists());
    CHECK(got(opened(name, false)) == 'b');
    second.kill();
    CHECK(name.exists());
}

TEST_CASE("a region whose users were all killed is replaced by a fresh one") {
    const Name name;
    {
        User first(name, 'a');
        User second(name, 'b');
        first.kill();
        CHECK(got(opened(name, false)) == 'b');
        second.kill();
    }
    REQUIRE(name.exists());
    const MappedFile fresh = opened(name, true);
    CHECK(got(fresh) == '\0');
    CHECK(*fresh.size() == kSize);
    CHECK(got(opened(name, false)) == '\0');
}

TEST_CASE("of processes that open one name at once exactly one creates it") {
    constexpr std::size_t kRacers = 8;
    for (const bool leave_stale : {false, true}) {
        for (int round = 0; round < 8; ++round) {
            const Name name;
            if (leave_stale) User(name, 's').kill();
            Gate start;
            Gate end;
            Gate ready;
            std::vector<std::unique_ptr<Child>> racers;
            for (std::size_t i = 0; i < kRacers; ++i) {
                racers.push_back(std::make_unique<Child>([&] {
                    start.wait();
                    bool created = false;
                    const auto file = MappedFile::named(name.text(), kSize, {}, &created);
                    ready.open();
                    end.wait();
                    if (!file.ok()) return file.status().message();
                    return std::string(created ? "created " : "found ") + got(*file);
                }));
            }
            start.open(kRacers);
            for (std::size_t i = 0; i < kRacers; ++i) ready.wait();
            put(opened(name, false), 'x');
            end.open(kRacers);
            std::size_t created = 0;
            std::size_t found = 0;
            for (auto& racer : racers) {
                const std::string result = racer->result();
                if (result == "created x") ++created;
                if (result == "found x") ++found;
            }
            CHECK(created == 1);
            CHECK(found == kRacers - 1);
        }
    }
}

TEST_CASE("processes that open, close and are killed at random never share with a stale region") {
    const Name name;
    // Whoever has it open finds it under its name, as one and the same file.
    const auto live = [&] {
        for (int i = 0; i < 150; ++i) {
            const auto file = MappedFile::named(name.text(), kSize);
            if (!file.ok()) return file.status().message();
            struct stat mine {};
            struct stat named {};
            ::fstat(file->descriptor(), &mine);
            if (::stat(name.path().c_str(), &named) != 0) return std::string("in use but without its name");
            if (mine.st_ino != named.st_ino) return std::string("two regions of one name");
        }
        return std::string("fine");
    };
    for (int round = 0; round < 4; ++round) {
        Child first(live);
        Child second(live);
        Child third(live);
        third.kill();
        CHECK(first.result() == "fine");
        CHECK(second.result() == "fine");
    }
}

TEST_CASE("parent and child are users of their own after a fork") {
    for (const bool inheritable : {false, true}) {
        const Name name;
        FileOptions options;
        options.inheritable = inheritable;
        MappedFile file = opened(name, true, options);
        put(file, 'p');
        Gate close;
        Gate closed;
        Child child([&] {
            close.wait();
            const bool kept = file.is_open() && got(file) == 'p';
            const Status status = file.close();
            closed.open();
            return std::string(kept ? "kept, " : "lost, ") + status.message();
        });
        REQUIRE_OK(file.close());
        CHECK(name.exists());
        CHECK(got(opened(name, false)) == 'p');
        close.open();
        closed.wait();
        CHECK_FALSE(name.exists());
        CHECK(child.result() == "kept, ok");
    }
}

TEST_CASE("a child that could not be given a lock of its own has no handle") {
    const Name name;
    MappedFile file = opened(name, true);
    rlimit all{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &all) == 0);
    const rlimit none{0, all.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(file.is_open() ? 1 : 0);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &all) == 0);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(file.is_open());
}

TEST_CASE("a child's end, by whatever means, leaves the parent its region") {
    const Name name;
    MappedFile file = opened(name, true);
    Gate never;
    Child killed([&] {
        never.wait();
        return std::string();
    });
    CHECK(in_child([&] { return file.close().message(); }) == "ok");
    killed.kill();
    CHECK(name.exists());
    CHECK(got(opened(name, false)) == '\0');
    CHECK(name.exists());
}

#if defined(LARDER_FAULT_POINTS)

namespace {

Gate* between_open_and_lock = nullptr;
Gate* go_on = nullptr;

// Each once: the second attempt must run through.
void stop_when_opened(const char* point) {
    if (std::string_view(point) != "named_region.opened" || between_open_and_lock == nullptr) return;
    std::exchange(between_open_and_lock, nullptr)->open();
    go_on->wait();
}

}  // namespace

TEST_CASE("an opener that comes upon a region as it goes finds the next one of that name, and leaves it its name") {
    const Name name;
    MappedFile old = opened(name, true);
    Gate has_opened;
    Gate may_go_on;
    Child late([&] {
        between_open_and_lock = &has_opened;
        go_on = &may_go_on;
        platform::set_fault_hook(stop_when_opened);
        bool created = true;
        const auto file = MappedFile::named(name.text(), kSize, {}, &created);
        if (!file.ok()) return file.status().message();
        return std::string(created ? "created " : "found ") + got(*file);
    });
    // The child has a descriptor from here on, but no lock. It got the parent's handle in the fork, which is a user of its own.
    has_opened.wait();
    REQUIRE_OK(old.close());
    REQUIRE(::unlink(name.path().c_str()) == 0);
    const MappedFile next = opened(name, true);
    put(next, 'n');
    may_go_on.open();
    CHECK(late.result() == "found n");
    CHECK(name.exists());
}

#endif

TEST_CASE("a process that stopped while opening makes others give up, not wait for ever") {
    const Name name;
    const MappedFile file = opened(name, true);
    const int stopped = ::open(name.path().c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(stopped >= 0);
    REQUIRE(*platform::try_lock(stopped, platform::kOpeningByte, 1, platform::LockKind::exclusive));
    const auto refused = MappedFile::named(name.text(), kSize);
    CHECK_CODE(refused, Code::busy);
    CHECK(refused.status().message().find(name.text()) != std::string::npos);
    ::close(stopped);
    REQUIRE_OK(MappedFile::named(name.text(), kSize));
}

TEST_CASE("names and sizes out of range are refused") {
    CHECK_CODE(MappedFile::named("", kSize), Code::invalid_argument);
    CHECK_CODE(MappedFile::named("a/b", kSize), Code::invalid_argument);
    CHECK_CODE(MappedFile::named(std::string_view("a\0b", 3), kSize), Code::invalid_argument);
    CHECK_CODE(MappedFile::named(std::string(201, 'x'), kSize), Code::invalid_argument);
    CHECK_CODE(MappedFile::named("test-zero", 0), Code::invalid_argument);
    const std::string longest = std::string(190, 'x') + std::to_string(::getpid());
    REQUIRE_OK(MappedFile::named(longest.substr(0, 200), kSize));
    REQUIRE_OK(MappedFile::named("..", kSize));
    CHECK(::access(platform::named_region_path("..")->c_str(), F_OK) != 0);
}

TEST_CASE("a link in place of a region is not followed") {
    const Name name;
    REQUIRE(::symlink("/dev/null", name.path().c_str()) == 0);
    CHECK_CODE(MappedFile::named(name.text(), kSize), Code::invalid_argument);
}

TEST_CASE("others get what the region's mode gives them") {
    if (::geteuid() != 0) {
        SUCCEED("not tried: only root can become somebody else");
        return;
    }
    const Name closed_name;
    const Name readable_name;
    const MappedFile closed = opened(closed_name, true);
    const MappedFile readable = opened(readable_name, true, with_mode(0644));
    put(readable, 7);
    CHECK(as_stranger(closed_name, Access::read_only) == "permission");
    CHECK(as_stranger(readable_name, Access::read_only) == "found 7");
    CHECK(as_stranger(readable_name, Access::read_write) == "permission");
    CHECK(readable_name.exists());
}

TEST_CASE("others replace what was left behind if they may write it") {
    if (::geteuid() != 0) {
        SUCCEED("not tried: only root can become somebody else");
        return;
    }
    const Name readable_name;
    leave_behind(readable_name, with_mode(0644));
    CHECK(as_stranger(readable_name, Access::read_only) == "permission");
    // The directory lets nobody but its owner remove it: it is emptied instead.
    const Name open_name;
    leave_behind(open_name, with_mode(0666));
    CHECK(as_stranger(open_name, Access::read_write) == "created 0");
}

TEST_CASE("a region has the owner, mode and space that its creator asks for") {
    const Name name;
    FileOptions options;
    options.mode = 0400;
    options.commit = true;
    const MappedFile file = opened(name, true, options);
    CHECK(*file.mode() == 0400);
    CHECK(*file.committed() >= kSize);
    FileOptions reading;
    reading.access = Access::read_only;
    const MappedFile reader = opened(name, false, reading);
    CHECK_CODE(reader.view(), Code::read_only);
    CHECK(got(reader) == '\0');
}
