// The file is made shorter by somebody else while it is mapped.
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csetjmp>
#include <csignal>
#include <iostream>
#include <thread>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr int kKeys = 200;

Options surviving() {
    Options options;
    options.capacity = std::uint64_t{4} << 20;
    options.timeout = std::chrono::milliseconds(100);
    options.survive_truncation = true;
    return options;
}

std::string key_number(int number) { return "key " + std::to_string(number); }

Cache filled(const std::string& path) {
    Result<Cache> cache = Cache::create(path, surviving());
    for (int i = 0; i < kKeys; ++i) (void)cache->set(key_number(i), std::string(3000, static_cast<char>('a' + i % 26)));
    return std::move(*cache);
}

void cut(const std::string& path, std::uint64_t size) { (void)!::truncate(path.c_str(), static_cast<off_t>(size)); }

std::vector<Code> try_everything(Cache& cache, const std::string& key) {
    std::string value;
    std::array<std::byte, 8> buffer{};
    std::array<std::string_view, 1> keys{key};
    std::array<Lookup, 1> answers;
    std::array<Status, 1> statuses;
    std::array<Write, 1> writes{Write{key, "v"}};
    std::vector<Code> codes{cache.get(key, value).code(),
                            cache.get(key).code(),
                            cache.get(key, std::span<std::byte>(buffer)).code(),
                            cache.contains(key).code(),
                            cache.info(key).code(),
                            cache.set(key, "v").code(),
                            cache.add(key, "v").code(),
                            cache.replace(key, "v").code(),
                            cache.compare_and_swap(key, "v", 1).code(),
                            cache.remove(key).code(),
                            cache.touch(key, Ttl::never()).code(),
                            cache.get_and_touch(key, Ttl::never(), value).code(),
                            cache.increment(key).code(),
                            cache.decrement(key).code(),
                            cache.append(key, "v").code(),
                            cache.prepend(key, "v").code(),
                            cache.for_each({}, [](const RecordView&) { return true; }).code(),
                            cache.clear().code(),
                            cache.flush().code(),
                            cache.resize(std::uint64_t{2} << 20).code(),
                            cache.stats().code(),
                            cache.verify().code()};
    (void)cache.get_many(keys, answers);
    codes.push_back(answers[0].status.code());
    (void)cache.set_many(writes, statuses);
    codes.push_back(statuses[0].code());
    (void)cache.remove_many(keys, statuses);
    codes.push_back(statuses[0].code());
    return codes;
}

// The child's part: uses the cache until it says that it has lost its file, then everything must say so.
int lose(const std::string& path, std::uint64_t size) {
    Cache cache = filled(path);
    Cache other = filled(path + ".other");
    cut(path, size);
    bool lost = false;
    for (int i = 0; i < kKeys && !lost; ++i) lost = cache.get(key_number(i)).code() == Code::lost;
    for (int i = 0; i < kKeys && !lost; ++i) lost = cache.set(key_number(i), std::string(3000, 'n')).code() == Code::lost;
    if (!lost) lost = cache.verify().code() == Code::lost;
    if (!lost) return 2;
    for (const Code code : try_everything(cache, key_number(5))) {
        if (code != Code::lost) return 10 + static_cast<int>(code);
    }
    if (cache.max_value_size() != 0 || cache.path() != path || cache.close().code() != Code::lost) return 3;
    // Another cache of the same process has lost nothing.
    for (int i = 0; i < kKeys; ++i) {
        if (!other.get(key_number(i)).ok() || !other.set(key_number(i), "new").ok()) return 4;
    }
    return other.close().ok() ? 0 : 5;
}

int lose_with_threads(const std::string& path, unsigned delay_us) {
    Cache cache = filled(path);
    std::atomic<int> unlost{4};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = t; i < 2'000'000; ++i) {
                const std::string key = key_number(i % kKeys);
                const Code code = t % 2 == 0 ? cache.get(key).code() : cache.set(key, std::string(2500, 'x')).code();
                if (code != Code::lost) continue;
                --unlost;
                return;
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    cut(path, 0);
    for (std::thread& thread : threads) thread.join();
    return unlost == 0 ? 0 : 2;
}

void require_good(ChildProcess child) {
    const Ending ending = child.wait();
    INFO(ending.message() << "\n" << ending.output);
    REQUIRE(ending.good());
}

// A mapping of the caller's own beyond the end of its file.
volatile char* touchable_once() {
    const int file = ::memfd_create("own", MFD_CLOEXEC);
    return static_cast<volatile char*>(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0));
}

// A sanitizer has a handler of its own, which reports and exits.
bool ended_by_fault(const Ending& ending) { return ending.signal == SIGBUS || (kSanitized && ending.code > 0); }

sigjmp_buf before_touch;
void jump_back(int) { siglongjmp(before_touch, 1); }

}  // namespace

TEST_CASE("who opted in survives a truncation, and all calls say that the file is lost") {
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4096}, std::uint64_t{20'000},
                                     std::uint64_t{2} << 20, std::uint64_t{6} << 20, (std::uint64_t{6} << 20) + 100'000}) {
        INFO("cut to " << size << " bytes");
        TemporaryDirectory directory;
        require_good(ChildProcess([&] { return lose(directory.file("c"), size); }));
        CHECK_CODE(Cache::open(directory.file("c")), size < 4096 ? Code::not_a_cache : Code::corrupt);
    }
}

TEST_CASE("threads in the middle of reading and writing survive it") {
    const std::uint64_t rounds = iterations(20);
    for (std::uint64_t i = 0; i < rounds; ++i) {
        TemporaryDirectory directory;
        require_good(ChildProcess([&] { return lose_with_threads(directory.file("c"), static_cast<unsigned>(i * 137 % 3000)); }));
    }
    std::cout << rounds << " files cut under four threads each\n";
}

TEST_CASE("a read-only handle survives a truncation, too") {
    TemporaryDirectory directory;
    require_good(ChildProcess([&] {
        Cache writer = filled(directory.file("c"));
        Options options = surviving();
        options.read_only = true;
        Result<Cache> reader = Cache::open(directory.file("c"), options);
        cut(directory.file("c"), 0);
        if (reader->get(key_number(1)).code() != Code::lost) return 2;
        return reader->close().code() == Code::lost ? 0 : 3;
    }));
}

TEST_CASE("a forked child finds the loss by itself") {
    TemporaryDirectory directory;
    require_good(ChildProcess([&] {
        Cache cache = filled(directory.file("c"));
        ChildProcess child([&] {
            if (!cache.get(key_number(1)).ok()) return 2;
            cut(directory.file("c"), 0);
            return cache.get(key_number(1)).code() == Code::lost ? 0 : 3;
        });
        if (!child.wait().good()) return 4;
        return cache.get(key_number(1)).code() == Code::lost ? 0 : 5;
    }));
}

TEST_CASE("faults that are not about a cache go where they went before") {
    TemporaryDirectory directory;
    SECTION("to the end of the process") {
        ChildProcess child([&] {
            const Cache cache = filled(directory.file("c"));
            return static_cast<int>(*touchable_once());
        });
        CHECK(ended_by_fault(child.wait()));
    }
    SECTION("to the handler that was there") {
        require_good(ChildProcess([&] {
            (void)std::signal(SIGBUS, jump_back);
            const Cache cache = filled(directory.file("c"));
            if (sigsetjmp(before_touch, 1) == 0) return 2 + *touchable_once();
            return cache.get(key_number(1)).ok() ? 0 : 3;
        }));
    }
    SECTION("sent ones, too") {
        ChildProcess child([&] {
            const Cache cache = filled(directory.file("c"));
            ::kill(::getpid(), SIGBUS);
            std::this_thread::sleep_for(std::chrono::seconds(5));
            return 0;
        });
        CHECK(ended_by_fault(child.wait()));
    }
    SECTION("ignored ones stay ignored") {
        require_good(ChildProcess([&] {
            (void)std::signal(SIGBUS, SIG_IGN);
            const Cache cache = filled(directory.file("c"));
            ::kill(::getpid(), SIGBUS);
            return 0;
        }));
    }
}

TEST_CASE("without the option, flush() and close() notice a file cut short and set no clean mark") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Options options = surviving();
    options.survive_truncation = false;
    Cache cache = opened(Cache::create(path, options));
    REQUIRE_OK(cache.set("key", "value"));
    const std::string whole = read_file(path);
    cut(path, whole.size() - 1);
    CHECK_CODE(cache.flush(), Code::lost);
    SECTION("a little shorter") {}
    SECTION("nothing left at all") { cut(path, 0); }
    CHECK_CODE(cache.close(), Code::lost);
    CHECK_FALSE(Cache::open(path).ok());
    // Made long again, it is a file that was in use.
    write_file(path, whole);
    CHECK(value_of(opened(Cache::open(path)), "key") == "value");
}
