// Who may read and write is what the file's owner and mode say.
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/worker.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr unsigned kNobody = 65'534;

/// Gives up all rights that come from being the superuser.
void become_nobody() {
    if (::geteuid() != 0) return;
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) throw std::runtime_error("cannot become nobody");
}

struct PermissionFixture {
    TemporaryDirectory directory;
    std::string path = directory.file("c");

    Cache create(std::uint32_t mode, std::uint64_t capacity = 8U << 20U) {
        REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
        Options options;
        options.file_mode = mode;
        options.capacity = capacity;
        return opened(Cache::create(path, options));
    }
    void require_good(ChildProcess& child) {
        const Ending ending = child.wait();
        INFO("the child " << ending.message());
        REQUIRE(ending.good());
    }
};

Code open_code(const std::string& path, bool read_only) {
    Options options;
    options.read_only = read_only;
    return Cache::open(path, options).code();
}

}  // namespace

TEST_CASE_METHOD(PermissionFixture, "without write permission only a read-only handle opens") {
    auto cache = create(0444);
    REQUIRE_OK(cache.set("key", "value"));
    ChildProcess child([&] {
        become_nobody();
        if (open_code(path, false) != Code::permission) return 1;
        if (Cache::open_or_create(path).code() != Code::permission) return 2;
        Options options;
        options.read_only = true;
        auto reader = Cache::open(path, options);
        if (!reader.ok()) return 3;
        const auto value = reader->get("key");
        return value.ok() && *value == "value" ? 0 : 4;
    });
    require_good(child);
}

TEST_CASE_METHOD(PermissionFixture, "without any permission nothing opens") {
    auto cache = create(0000);
    REQUIRE_OK(cache.set("key", "value"));
    ChildProcess child([&] {
        become_nobody();
        if (open_code(path, false) != Code::permission) return 1;
        return open_code(path, true) == Code::permission ? 0 : 2;
    });
    require_good(child);
}

TEST_CASE_METHOD(PermissionFixture, "a directory that may not be written to is no place to create in") {
    REQUIRE(::chmod(directory.path().c_str(), 0555) == 0);
    ChildProcess child([&] {
        become_nobody();
        if (Cache::create(path).code() != Code::permission) return 1;
        return Cache::open_or_create(path).code() == Code::permission ? 0 : 2;
    });
    require_good(child);
    REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
    CHECK(count_files(directory.path()) == 0);
}

TEST_CASE_METHOD(PermissionFixture, "one who may only read reads right values while another writes and evicts") {
    SHOW_SEED();
    auto cache = create(0644, 1U << 20U);
    const Journal journal(directory.file("journal"));
    ChildProcess child([&] {
        become_nobody();
        Options options;
        options.read_only = true;
        auto reader = Cache::open(path, options);
        if (!reader.ok()) return 1;
        WorkerOptions mine;
        mine.number = 1;
        mine.seed = seed();
        mine.read_only = true;
        Worker(*reader, journal, mine).run(0);
        const auto verification = reader->verify();
        if (!verification.ok() || !verification->problems.empty()) return 2;
        return stats_of(*reader).counters.hits > 0 ? 0 : 3;
    });
    WorkerOptions mine;
    mine.seed = seed() + 1;
    mine.evicting = true;
    mine.shared_keys *= 4;
    std::string problem;
    try {
        Worker writer(cache, journal, mine);
        do {
            writer.run(iterations(200'000));
        } while (stats_of(cache).counters.evictions == 0);
    } catch (const WrongAnswer& error) {
        problem = error.what();
    }
    CHECK(problem.empty());
    journal.stop();
    require_good(child);
    require_clean(cache);
}

TEST_CASE_METHOD(PermissionFixture, "a reader neither shows up as a process nor keeps a clean close from being clean") {
    auto cache = create(0644);
    REQUIRE_OK(cache.set("key", "value"));
    Options options;
    options.read_only = true;
    auto reader = opened(Cache::open(path, options));
    CHECK(stats_of(cache).processes.size() == 1);
    REQUIRE_OK(cache.close());
    CHECK(value_of(reader, "key") == "value");
    cache = opened(Cache::open(path));
    CHECK(stats_of(cache).recoveries == 0);
    REQUIRE_OK(cache.set("key", "again"));
    CHECK(value_of(reader, "key") == "again");
}
