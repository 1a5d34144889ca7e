// Files whose words were changed one by one, the checksum of the header made right again: opened, read, written and recovered.
// Refused or taken, but never a crash, a hang, or a value that was never stored.
//
// Thousands of files a child process, in place; when one ends it, the seed of the file it was at is known.
// By hand: LARDER_SEED=n LARDER_ITERATIONS=1000000 build/tests/test_damage "[#mutation_test]"
#include "tests/damage/image.hpp"
#include "tests/damage/usage.hpp"
#include "tests/damage/watch.hpp"
#include "tests/support/check.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <iostream>
#include <memory>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint64_t kFilesPerChild = 1000;
// What a child leaves behind however it ends.
struct Progress {
    std::uint64_t seed = 0;
    UsageCounts counts;
};

std::string use_one(Image& image, std::uint64_t seed, UsageCounts& counts) {
    Random random(seed);
    image.restore();
    Mutation mutation(image.bytes(), image.layout(), random);
    for (std::uint64_t i = random.chance(50) ? 1 : random.between(2, 12); i > 0; --i) mutation.change();
    const bool recovers = random.chance(25);
    if (recovers) image.mark_as_of_another_boot();
    Usage usage(counts);
    usage.open_and_use(image.path(), recovers, random);
    if (usage.wrong().empty()) return {};
    std::string list = usage.wrong();
    for (const auto& change : mutation.changes()) list += "\n  " + change;
    return list;
}

// The child's part: files seed to seed+count-1.
int use_many(std::vector<std::unique_ptr<Image>>& images, std::uint64_t seed, std::uint64_t count, Progress& progress) {
    for (std::uint64_t i = 0; i < count; ++i) {
        progress.seed = seed + i;
        expect_end_of_step();
        const std::string wrong = use_one(*images[(seed + i) % images.size()], seed + i, progress.counts);
        if (wrong.empty()) continue;
        std::cerr << wrong << std::endl;
        return 1;
    }
    return 0;
}

}  // namespace

TEST_CASE("files with forged words are refused or harmless") {
    TemporaryDirectory directory;
    std::vector<std::unique_ptr<Image>> images;
    for (unsigned i = 0; i < kFillings; ++i)
        images.push_back(std::make_unique<Image>(directory.file("cache" + std::to_string(i)), static_cast<Filling>(i)));
    SharedWithChildren<Progress> progress;
    const std::uint64_t files = iterations(4000);
    for (std::uint64_t done = 0; done < files; done += kFilesPerChild) {
        const std::uint64_t count = std::min(kFilesPerChild, files - done);
        ChildProcess child([&] { return use_many(images, seed() + done, count, *progress); });
        const Ending ending = child.wait();
        INFO(ending.message() << "\nagain with LARDER_SEED=" << progress->seed << " LARDER_ITERATIONS=1\n" << ending.output);
        REQUIRE(ending.good());
    }
    const UsageCounts& counts = progress->counts;
    std::cout << files << " forged files: " << counts.taken << " taken (" << counts.recovered << " of them recovered), "
              << counts.refused << " refused; " << counts.values << " values read and right, " << counts.corrupt_reads
              << " reads failed their check\n";
    CHECK(counts.taken + counts.refused == files);
    CHECK(counts.values > 0);
}
