// The disk is full before the cache has what its capacity allows: it goes on within the space it has.
#include "tests/ground/small_disk.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint64_t kDisk = std::uint64_t{12} << 20;

Options larger_than_the_disk() {
    Options options;
    options.capacity = std::uint64_t{64} << 20;
    options.reservation = std::uint64_t{64} << 20;
    return options;
}

std::string value_of_size(std::uint64_t number, std::size_t size) {
    std::string value = std::to_string(number) + ":";
    value.resize(size, static_cast<char>('a' + number % 26));
    return value;
}

std::size_t size_of(std::uint64_t number) { return number % 50 == 7 ? 60'000 : 100 + number % 1500; }

std::string store(Cache& cache, std::uint64_t number, std::uint64_t keys) {
    const std::string key = "key " + std::to_string(number % keys);
    const Status status = cache.set(key, value_of_size(number, size_of(number)));
    if (!status.ok())
        return "set " + std::to_string(number) + ": " + std::string(code_name(status.code())) + ", " + status.message();
    const std::string now = value_of(cache, key);
    if (now == value_of_size(number, size_of(number))) return {};
    // What is as large as a tenth of a shard may have been evicted at once.
    if (now == "<not_found>" && size_of(number) > 10'000) return {};
    return key + " has not the value just stored, but " + now.substr(0, 30) + " (" + std::to_string(now.size()) + " bytes)";
}

std::string store_many(Cache& cache, std::uint64_t first, std::uint64_t count, std::uint64_t keys) {
    for (std::uint64_t i = first; i < first + count; ++i) {
        std::string wrong = store(cache, i, keys);
        if (!wrong.empty()) return wrong;
    }
    return {};
}

std::string check(const Cache& cache) {
    const auto verification = cache.verify();
    if (!verification.ok()) return "verify: " + verification.status().message();
    if (!verification->problems.empty()) return "verify: " + verification->problems.front();
    return {};
}

// Every record reads as the value that its own text says.
std::string read_all(const Cache& cache) {
    std::string wrong;
    std::uint64_t count = 0;
    const auto end = cache.for_each({}, [&](const RecordView& record) {
        const std::uint64_t number = std::stoull(std::string(record.value.substr(0, 20)));
        if (record.value != value_of_size(number, size_of(number))) wrong = "a wrong value of " + std::string(record.key);
        ++count;
        return wrong.empty();
    });
    if (!end.ok()) return end.status().message();
    return count == 0 ? "nothing is left" : wrong;
}

std::string keeps_old_value(Cache& cache) {
    const std::string old = value_of_size(1, size_of(1));
    if (!cache.set("old", old).ok()) return "cannot store a small value";
    const Status status = cache.set("old", value_of_size(2, cache.max_value_size()));
    const std::string now = value_of(cache, "old");
    (void)cache.remove("old");
    if (status.ok()) return now == value_of_size(2, cache.max_value_size()) ? "" : "the large value is not there";
    if (status.code() != Code::full) return "a large value: " + status.message();
    // Others' needs may have evicted it, a failed set must not.
    return now == old || now == "<not_found>" ? "" : "a failed set has changed the value";
}

std::string fill_disk(const std::string& directory) {
    Result<Cache> cache = Cache::create(directory + "/cache", larger_than_the_disk());
    if (!cache.ok()) return cache.status().message();
    // Full by the cache alone, then to the last page.
    std::string wrong = store_many(*cache, 0, 30'000, 100'000);
    if (wrong.empty()) wrong = check(*cache);
    use_up(directory + "/other");
    if (wrong.empty()) wrong = store_many(*cache, 30'000, 20'000, 100'000);
    if (wrong.empty()) wrong = store_many(*cache, 50'000, 5'000, 500);
    if (wrong.empty()) wrong = check(*cache);
    if (wrong.empty()) wrong = read_all(*cache);
    if (wrong.empty()) wrong = keeps_old_value(*cache);
    if (wrong.empty() && !cache->stats().ok()) wrong = "no statistics";
    if (wrong.empty() && !cache->close().ok()) wrong = "cannot close";
    Options read_only;
    read_only.read_only = true;
    if (wrong.empty()) wrong = read_all(*Cache::open(directory + "/cache", read_only));
    cache = Cache::open(directory + "/cache");
    if (!cache.ok()) return "open again: " + cache.status().message();
    // Space that others free is used again, space that is given back is given back.
    if (wrong.empty()) wrong = store_many(*cache, 55'000, 2'000, 100'000);
    if (wrong.empty() && !cache->resize(std::uint64_t{4} << 20).ok()) wrong = "cannot shrink";
    if (wrong.empty()) wrong = store_many(*cache, 57'000, 2'000, 100'000);
    if (wrong.empty() && !cache->resize(std::uint64_t{64} << 20).ok()) wrong = "cannot grow again";
    if (wrong.empty()) wrong = store_many(*cache, 59'000, 5'000, 100'000);
    return wrong.empty() ? check(*cache) : wrong;
}

int write_for_ever(const std::string& path, std::uint64_t first) {
    Result<Cache> cache = Cache::open(path);
    if (!cache.ok()) return 2;
    for (std::uint64_t i = first;; ++i) {
        const std::string wrong = store(*cache, i, 100'000);
        if (wrong.empty()) continue;
        std::cerr << wrong << std::endl;
        return 3;
    }
}

std::string kill_writers(const std::string& directory) {
    const std::string path = directory + "/cache";
    Result<Cache> cache = Cache::create(path, larger_than_the_disk());
    if (!cache.ok()) return cache.status().message();
    std::string wrong = store_many(*cache, 0, 5'000, 100'000);
    Random random(seed());
    for (std::uint64_t kill = 0; kill < iterations(25) && wrong.empty(); ++kill) {
        // Half of the kills come while the disk fills up, half when it is full.
        if (kill == 12) use_up(directory + "/other");
        ChildProcess writer([&] { return write_for_ever(path, 100'000 * (kill + 1)); });
        std::this_thread::sleep_for(std::chrono::milliseconds(5 + random.below(40)));
        const Ending ending = writer.kill();
        if (ending.signal != SIGKILL) return "the writer ended by itself: " + ending.message() + ending.output;
        wrong = store_many(*cache, 100'000 * (kill + 1) + 50'000, 1'000, 100'000);
        if (wrong.empty()) wrong = check(*cache);
        if (wrong.empty()) wrong = read_all(*cache);
        if (!wrong.empty()) wrong += " (after kill " + std::to_string(kill) + ", LARDER_SEED=" + std::to_string(seed()) + ")";
    }
    return wrong;
}

std::string create_on_full_disk(const std::string& directory) {
    use_up(directory + "/other");
    const Result<Cache> cache = Cache::create(directory + "/cache", larger_than_the_disk());
    if (cache.code() != Code::full) return "created on a full disk: " + cache.status().message();
    return count_files(directory) == 1 || count_files(directory) == 2 ? "" : "something was left behind";
}

// Takes blocks away from under a file that is not in use: what a file system may forget when the power fails, and worse.
void punch(const std::string& path, Random& random) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    std::vector<std::pair<off_t, off_t>> data;
    off_t hole = 0;
    // The first page says what the file is. Without it, it is none.
    for (off_t at = ::lseek(file, 4096, SEEK_DATA); at >= 0; at = ::lseek(file, hole, SEEK_DATA)) {
        hole = ::lseek(file, at, SEEK_HOLE);
        data.emplace_back(at, hole - at);
    }
    for (std::uint64_t holes = random.between(1, 4); holes > 0 && !data.empty(); --holes) {
        const auto& [begin, length] = data[random.below(data.size())];
        const auto pages = static_cast<std::uint64_t>(length) / 4096;
        const std::uint64_t first = random.below(pages);
        const std::uint64_t count = random.between(1, std::min<std::uint64_t>(pages - first, random.chance(50) ? 4 : 300));
        (void)::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin + static_cast<off_t>(first * 4096),
                          static_cast<off_t>(count * 4096));
    }
    ::close(file);
}

std::string check_whole(const Cache& cache) {
    std::string wrong = check(cache);
    if (wrong.empty()) wrong = read_all(cache);
    return wrong == "nothing is left" ? "" : wrong;
}

struct Recoveries {
    std::uint64_t done = 0;
    std::uint64_t refused = 0;
};

// Once with no space, once with.
std::string recover_punched(const std::string& directory, std::uint64_t round, Recoveries& recoveries) {
    Options options;
    options.recovery = Recovery::always;
    options.flush_on_close = false;
    use_up(directory + "/other");
    std::string wrong;
    {
        Result<Cache> cache = Cache::open(directory + "/cache", options);
        ++(cache.ok() ? recoveries.done : recoveries.refused);
        if (!cache.ok() && cache.code() != Code::full) return "not recovered: " + cache.status().message();
        if (cache.ok()) wrong = check_whole(*cache);
        if (cache.ok() && wrong.empty()) wrong = store_many(*cache, 1'000'000 * round, 300, 300);
        if (cache.ok() && wrong.empty()) wrong = check_whole(*cache);
    }
    (void)::unlink((directory + "/other").c_str());
    if (!wrong.empty()) return wrong;
    Result<Cache> cache = Cache::open(directory + "/cache", options);
    if (!cache.ok()) return "not recovered with space: " + cache.status().message();
    wrong = check_whole(*cache);
    return wrong.empty() ? store_many(*cache, 1'000'000 * round + 500'000, 3'000, 100'000) : wrong;
}

std::string recover_without_space(const std::string& directory) {
    Options options = larger_than_the_disk();
    options.flush_on_close = false;
    {
        Result<Cache> cache = Cache::create(directory + "/cache", options);
        if (!cache.ok()) return cache.status().message();
        std::string wrong = store_many(*cache, 0, 6'000, 100'000);
        if (!wrong.empty()) return wrong;
    }
    Random random(seed());
    Recoveries recoveries;
    const std::uint64_t rounds = iterations(30);
    // Few rounds may by chance all end alike; then some more are made.
    auto one_sided = [&] { return recoveries.done == 0 || recoveries.refused == 0; };
    for (std::uint64_t round = 1; round <= rounds || (one_sided() && round <= 20 * rounds); ++round) {
        punch(directory + "/cache", random);
        const std::string wrong = recover_punched(directory, round, recoveries);
        if (!wrong.empty()) return wrong + " (round " + std::to_string(round) + ", LARDER_SEED=" + std::to_string(seed()) + ")";
    }
    if (one_sided()) return "recovered always, or never";
    return {};
}

void on_both(std::string (*body)(const std::string& directory)) {
    for (const Disk disk : {Disk::tmpfs, Disk::ext4}) {
        const TemporaryDirectory directory;
        INFO((disk == Disk::tmpfs ? "tmpfs" : "ext4"));
        on_small_disk(disk, directory.path(), kDisk, [&] { return body(directory.path()); });
    }
}

}  // namespace

TEST_CASE("on a full disk sets succeed by evicting") { on_both(fill_disk); }
TEST_CASE("writers killed on a full disk leave a cache that goes on") { on_both(kill_writers); }
TEST_CASE("recovery without space for what the file has lost is refused, or leaves less") { on_both(recover_without_space); }
TEST_CASE("a cache is not created on a full disk, and nothing of it is left") { on_both(create_on_full_disk); }
