// A process that scribbles over the mapped file while others read, write, check and resize it: misses and errors, but never a
// crash, a hang, a touch outside the mapping, or a value that was never stored.
//
// By hand: LARDER_SEED=n LARDER_ITERATIONS=1000 build/tests/test_damage "[#scribbler_test]"
#include "tests/damage/image.hpp"
#include "tests/damage/usage.hpp"
#include "tests/damage/watch.hpp"
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::chrono::milliseconds kRound{600};
constexpr unsigned kUsers = 2;

struct Shared {
    std::atomic<bool> over{false};
    std::atomic<std::uint64_t> changes{0};
    std::atomic<std::uint64_t> handles{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> values{0};
    std::atomic<std::uint64_t> corrupt_reads{0};
};

int scribble(Image& image, std::uint64_t seed, Shared& shared) {
    Random random(seed);
    while (!shared.over) {
        Mutation mutation(image.bytes(), image.layout(), random);
        for (std::uint64_t i = random.between(1, 30); i > 0; --i) mutation.change_shared();
        shared.changes += mutation.changes().size();
        // A cache that is nothing but damage is soon left alone by everybody.
        if (random.chance(10)) image.scribble_back();
        if (random.chance(60)) std::this_thread::sleep_for(std::chrono::microseconds(random.skewed(1000)));
    }
    return 0;
}

void read_until_over(const Cache& cache, std::atomic<bool>& done, Usage& usage) {
    while (!done) usage.read_all(cache);
}

void use_once(Cache& cache, Usage& usage, Random& random) {
    usage.write_some(cache, random, 60);
    usage.read_all(cache);
    usage.dump(cache, random);
    if (random.chance(20)) (void)cache.verify();
    if (random.chance(20)) (void)cache.stats();
    if (random.chance(10)) (void)cache.flush();
    if (random.chance(5)) (void)cache.clear();
    if (random.chance(10)) (void)cache.resize((1U << 20U) + (random.below(4) << 18U));
}

// One handle and two threads, for a while.
std::string use_handle(Cache& cache, Random& random, Shared& shared) {
    UsageCounts counts;
    UsageCounts reader_counts;
    Usage usage(counts);
    Usage reader_usage(reader_counts);
    std::atomic<bool> done{false};
    std::thread reader([&] { read_until_over(cache, done, reader_usage); });
    for (std::uint64_t i = random.between(1, 20); i > 0 && !shared.over; --i) {
        expect_end_of_step();
        use_once(cache, usage, random);
    }
    done = true;
    reader.join();
    shared.values += counts.values + reader_counts.values;
    shared.corrupt_reads += counts.corrupt_reads + reader_counts.corrupt_reads;
    return usage.wrong() + reader_usage.wrong();
}

int use(const Image& image, std::uint64_t seed, Shared& shared) {
    Random random(seed);
    while (!shared.over) {
        expect_end_of_step();
        Options options;
        options.timeout = std::chrono::milliseconds(2);
        options.flush_on_close = random.chance(20);
        Fence fence;
        Result<Cache> cache = Cache::open(image.path(), options);
        fence.close_below();
        if (!cache.ok()) {
            ++shared.refused;
            continue;
        }
        ++shared.handles;
        const std::string wrong = use_handle(*cache, random, shared);
        if (wrong.empty()) continue;
        std::cerr << wrong << std::endl;
        return 1;
    }
    return 0;
}

void run_round(Image& image, std::uint64_t seed, Shared& shared) {
    image.restore();
    shared.over = false;
    std::vector<ChildProcess> children;
    for (unsigned i = 0; i < kUsers; ++i) children.emplace_back([&, i] { return use(image, mix(seed + i), shared); });
    ChildProcess scribbler([&] { return scribble(image, seed, shared); });
    std::this_thread::sleep_for(kRound);
    shared.over = true;
    INFO("LARDER_SEED=" << seed << " LARDER_ITERATIONS=1, if the timing happens to be the same");
    const Ending scribbled = scribbler.wait();
    for (ChildProcess& child : children) {
        const Ending ending = child.wait();
        INFO(ending.message() << "\n" << ending.output);
        CHECK(ending.good());
    }
    REQUIRE(scribbled.good());
}

}  // namespace

TEST_CASE("a process that scribbles over the file harms nobody") {
    TemporaryDirectory directory;
    SharedWithChildren<Shared> shared;
    const std::uint64_t rounds = iterations(6);
    std::vector<std::unique_ptr<Image>> images;
    for (unsigned i = 0; i < kFillings; ++i)
        images.push_back(std::make_unique<Image>(directory.file("cache" + std::to_string(i)), static_cast<Filling>(i)));
    for (std::uint64_t i = 0; i < rounds; ++i) run_round(*images[(seed() + i) % images.size()], seed() + i, *shared);
    std::cout << rounds << " rounds, " << shared->changes << " changes made under the eyes of " << shared->handles << " handles ("
              << shared->refused << " refused); " << shared->values << " values read and right, " << shared->corrupt_reads
              << " reads failed their check\n";
    CHECK(shared->changes > 0);
    CHECK(shared->handles > 0);
    CHECK(shared->values > 0);
}
