// A reader is held up in the middle of a get, while others change the shard, die over it, or repair it. What it says when it goes
// on was right at one moment of its call: a key that nobody took away is there. LARDER_ITERATIONS: reads in each operation.
#include "tests/crash/scene.hpp"
#include "tests/support/check.hpp"

#include <iostream>
#include <iterator>

using namespace larder;
using namespace larder::tests;

namespace {

// Operations that move records about, and take none of those away that are asked for.
const std::vector<std::string> kMoving{"splits", "chains that overflow", "thin out a large index", "overwrite", "append"};

Deed read_of(const Scene& scene, const std::string& key) {
    return [&scene, key](const std::function<void()>& begin) {
        auto cache = Cache::open(scene.path(), scene.options());
        (void)answer_of(*cache, "k1");
        begin();
        const std::string answer = answer_of(*cache, key);
        if (scene.answers().at(key).count(answer) == 0) throw std::runtime_error(key + " reads as " + answer);
    };
}

// Half of a get is not much more.
std::uint64_t some_steps(Random& random) { return random.below(350); }

std::string any_key(const Scene& scene, Random& random) {
    auto key = scene.contents().begin();
    std::advance(key, static_cast<std::ptrdiff_t>(random.below(scene.contents().size())));
    return key->first;
}

void report_reads(std::uint64_t reads) { std::cout << reads << " reads that were held up, none wrong" << std::endl; }

}  // namespace

TEST_CASE("a reader that is held up while others write") {
    if (!kTraceable) return;
    SHOW_SEED();
    Random random(seed());
    std::uint64_t reads = 0;
    for (const std::string& name : kMoving) {
        Scene scene(operation(name));
        for (std::uint64_t i = 0; i < iterations(6); ++i, ++reads) {
            scene.reset();
            const std::string key = any_key(scene, random);
            const std::uint64_t steps = some_steps(random);
            INFO(name << ": " << key << " read, held up after " << steps << " steps");
            TracedChild reader(read_of(scene, key));
            reader.step(steps);
            scene.operation().run(scene.survivor());
            reader.stop();
            REQUIRE(reader.finish() == 0);
        }
    }
    report_reads(reads);
}

TEST_CASE("a reader that is held up while a writer dies, and goes on in the middle of the repair") {
    if (!kTraceable) return;
    SHOW_SEED();
    Random random(seed());
    std::uint64_t reads = 0;
    for (const std::string& name : kMoving) {
        Scene scene(operation(name));
        for (std::uint64_t i = 0; i < iterations(6); ++i, ++reads) {
            scene.reset();
            const std::string key = any_key(scene, random);
            INFO(name << ": " << key << " read");
            TracedChild reader(read_of(scene, key));
            reader.step(some_steps(random));
            TracedChild repairer(scene.with_handle([](Cache& cache) { (void)cache.verify(); }));
            {
                TracedChild victim(scene.with_handle(scene.operation().run));
                victim.run(random.between(1, 100));
                victim.step(random.below(200));
            }
            reader.step(some_steps(random));
            repairer.run(random.between(1, 12));
            repairer.step(random.below(1000));
            reader.stop();
            REQUIRE(reader.finish() == 0);
        }
    }
    report_reads(reads);
}
