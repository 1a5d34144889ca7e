// How fast a file is recovered after the power failed, beside what merely reading it and merely summing it cost.
#include "behaviour/crew.hpp"
#include "compare/ticks.hpp"

#include <larder/mapped_file.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <string>

namespace larder::bench {

namespace {

struct RecoverySettings {
    std::string dir = "/dev/shm";
    std::uint64_t size = std::uint64_t{2} << 30U;
    std::uint64_t value_size = 1000;
};

/// From the first byte of records to the last.
struct Stretch {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct Timing {
    double seconds = 1e18;
    std::uint64_t bytes = 0;
    double speed() const noexcept { return static_cast<double>(bytes) / 1e9 / seconds; }
};

constexpr int kRounds = 3;

class OpenFile {
  public:
    explicit OpenFile(const std::string& path) : number_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
        if (number_ < 0) require(Status(Code::io_error, "cannot open " + path));
    }
    ~OpenFile() { ::close(number_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    int number() const noexcept { return number_; }

  private:
    int number_;
};

std::uint64_t fill(Cache& cache, std::uint64_t value_size) {
    const std::string value(value_size, 'v');
    constexpr std::uint64_t kStep = 1000;
    for (std::uint64_t id = 0;; ++id) {
        require(cache.set("a key of some length " + std::to_string(id), value));
        if (id % kStep != 0) continue;
        const auto stats = cache.stats();
        require(stats.status());
        if (stats->counters.evictions != 0) return stats->records;
    }
}

/// As a power cut leaves it: not closed, and of another boot (engine/FORMAT.md, section 2).
void make_unclean(const std::string& path) {
    constexpr off_t kMark = 168;
    constexpr off_t kBootId = 184;
    const OpenFile file(path);
    const std::uint32_t in_use = 0;
    const std::uint64_t boot[2] = {1, 1};
    if (::pwrite(file.number(), &in_use, sizeof in_use, kMark) != sizeof in_use ||
        ::pwrite(file.number(), boot, sizeof boot, kBootId) != sizeof boot)
        require(Status(Code::io_error, "cannot write the header"));
}

/// Where the records lie: the last area of the file, which is full but for its end.
Stretch find_records(const std::string& path) {
    const OpenFile file(path);
    Stretch longest;
    off_t hole = 0;
    for (off_t data = ::lseek(file.number(), 0, SEEK_DATA); data >= 0; data = ::lseek(file.number(), hole, SEEK_DATA)) {
        hole = ::lseek(file.number(), data, SEEK_HOLE);
        if (static_cast<std::uint64_t>(hole - data) > longest.end - longest.begin)
            longest = {static_cast<std::uint64_t>(data), static_cast<std::uint64_t>(hole)};
    }
    return longest;
}

void forget(const std::string& path) {
    const OpenFile file(path);
    if (::fsync(file.number()) != 0 || ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED) != 0)
        require(Status(Code::io_error, "cannot write the file back"));
}

/// `finish` is not in the time.
Timing best_of(
    const std::function<void()>& prepare, const std::function<std::uint64_t()>& work,
    const std::function<void()>& finish = [] {}) {
    Timing best;
    for (int round = 0; round < kRounds; ++round) {
        prepare();
        const std::uint64_t start = monotonic_ns();
        best.bytes = work();
        best.seconds = std::min(best.seconds, static_cast<double>(monotonic_ns() - start) / 1e9);
        finish();
    }
    return best;
}

/// cat(1), told to begin where the records do: the areas before are mostly holes.
std::uint64_t run_cat(const std::string& path, const Stretch& records) {
    const OpenFile file(path);
    const OpenFile null("/dev/null");
    const off_t size = ::lseek(file.number(), 0, SEEK_END);
    ::lseek(file.number(), static_cast<off_t>(records.begin), SEEK_SET);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(file.number(), STDIN_FILENO);
        ::dup2(null.number(), STDOUT_FILENO);
        ::execlp("cat", "cat", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) require(Status(Code::io_error, "cat failed"));
    return static_cast<std::uint64_t>(size) - records.begin;
}

/// The file must be in memory: what is asked is what the sum costs.
std::uint64_t run_sum(const MappedView& view) {
    const std::uint64_t sum = XXH3_64bits(view.data(), view.size());
    // Nobody wants it, but it must be made.
    asm volatile("" ::"r"(sum));
    return view.size();
}

Timing time_sum(const std::string& path, const Stretch& records) {
    auto file = MappedFile::open(path);
    require(file.status());
    auto view = file->view(records.begin, records.end - records.begin, Access::read_only);
    require(view.status());
    run_sum(*view);
    return best_of([] {}, [&view] { return run_sum(*view); });
}

Timing time_recovery(const std::string& path, const Stretch& records, const std::function<void()>& prepare,
                     std::uint64_t expected) {
    std::optional<Cache> cache;
    return best_of(
        [&] {
            make_unclean(path);
            prepare();
        },
        [&] {
            cache.emplace(open_cache(path));
            return records.end - records.begin;
        },
        [&] {
            const auto stats = cache->stats();
            require(stats.status());
            if (stats->recoveries == 0 || stats->records != expected)
                require(Status(Code::corrupt, "recovery did not keep all records"));
            cache.reset();
        });
}

void print_table(const std::string& path, const Stretch& records, std::uint64_t count, bool cold) {
    auto prepare = [&path, cold] {
        if (cold) forget(path);
    };
    const Timing recovery = time_recovery(path, records, prepare, count);
    const Timing cat = best_of(prepare, [&] { return run_cat(path, records); });
    const Timing sum = time_sum(path, records);
    const Timing both{cat.seconds + sum.seconds * static_cast<double>(cat.bytes) / static_cast<double>(sum.bytes), cat.bytes};
    std::printf("\n%s\n%-22s%10s%10s\n", cold ? "From disk" : "In memory", "", "seconds", "GB/s");
    auto print = [](const char* name, const Timing& timing) {
        std::printf("%-22s%10.3f%10.2f\n", name, timing.seconds, timing.speed());
    };
    print("recovery", recovery);
    print("cat FILE > /dev/null", cat);
    print("XXH3 over the file", sum);
    print("cat and then XXH3", both);
    std::printf("recovery is %.2f times as fast as cat and then XXH3 (wanted: 0.5)\n", recovery.speed() / both.speed());
    std::fflush(stdout);
}

void run(const RecoverySettings& settings) {
    const ScratchFile file(settings.dir, "recovery");
    Options options;
    options.capacity = settings.size;
    options.reservation = settings.size;
    std::uint64_t records = 0;
    {
        Cache cache = create_cache(file.path(), options);
        records = fill(cache, settings.value_size);
        require(cache.close());
    }
    const Stretch stretch = find_records(file.path());
    std::printf("%llu records with values of %llu bytes, %.2f GB; best of %d\n", static_cast<unsigned long long>(records),
                static_cast<unsigned long long>(settings.value_size), static_cast<double>(stretch.end - stretch.begin) / 1e9,
                kRounds);
    print_table(file.path(), stretch, records, false);
    struct statfs system {};
    if (::statfs(settings.dir.c_str(), &system) == 0 && system.f_type != TMPFS_MAGIC)
        print_table(file.path(), stretch, records, true);
}

}  // namespace

}  // namespace larder::bench

int main(int count, char** arguments) {
    larder::bench::RecoverySettings settings;
    for (int i = 1; i + 1 < count; i += 2) {
        if (std::strcmp(arguments[i], "--dir") == 0) {
            settings.dir = arguments[i + 1];
        } else if (std::strcmp(arguments[i], "--size") == 0) {
            settings.size = std::strtoull(arguments[i + 1], nullptr, 10) << 20U;
        } else if (std::strcmp(arguments[i], "--value-size") == 0) {
            settings.value_size = std::strtoull(arguments[i + 1], nullptr, 10);
        } else {
            count = 0;
        }
    }
    if (count % 2 == 0 || settings.size < (std::uint64_t{16} << 20U)) {
        std::fprintf(stderr, "usage: recovery [--dir DIR] [--size MIB (default 2048)] [--value-size BYTES (default 1000)]\n");
        return 2;
    }
    larder::bench::run(settings);
    return 0;
}
