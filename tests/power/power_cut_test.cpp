// The power fails: of the file, each page is on disk as it was at the last flush, as it is now, or as it was in between.
// Whatever the mixture, the next open finds each key as it was at the flush or later, or absent, and those that nothing has
// changed since the flush as they were.
#include "engine/platform/process.hpp"
#include "tests/power/history.hpp"
#include "tests/power/tear.hpp"
#include "tests/support/check.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstring>
#include <iostream>

using namespace larder;
using namespace larder::tests;

namespace {

// Each call is another machine start.
void boot() {
    static std::uint64_t boots = 0;
    platform::BootId id{};
    const std::uint64_t words[2] = {++boots, 0x626f6f74};
    std::memcpy(id.data(), words, sizeof words);
    platform::set_boot_id_for_tests(id);
}

struct Totals {
    std::uint64_t images = 0;
    std::uint64_t twice = 0;
    std::uint64_t stable = 0;
    std::uint64_t histories = 0;
};

class PowerCut {
  public:
    PowerCut(std::uint64_t seed, Totals& totals) : seed_(seed), totals_(totals), random_(seed) {}

    /// A history with about as many power cuts as asked for.
    void run(std::uint64_t cuts) {
        ++totals_.histories;
        boot();
        History history(live_, random_);
        const std::uint64_t end = totals_.images + cuts;
        while (totals_.images < end) {
            for (std::uint64_t i = random_.skewed(history.keys()); i > 0; --i) history.step();
            history.flush();
            std::vector<Snapshot> moments;
            moments.push_back(Snapshot::take(live_));
            for (std::uint64_t moment = random_.between(1, 4); moment > 0; --moment) {
                for (std::uint64_t i = 1 + random_.skewed(500); i > 0; --i) history.step();
                history.note_moves();
                moments.push_back(Snapshot::take(live_, &moments.back()));
                for (std::uint64_t i = random_.between(1, 5); i > 0; --i) cut(history, moments);
            }
        }
    }

  private:
    void cut(const History& history, const std::vector<Snapshot>& moments) {
        ++totals_.images;
        totals_.stable += history.count_stable();
        std::vector<const Snapshot*> from;
        for (const Snapshot& moment : moments) from.push_back(&moment);
        const Tear tear = choose_tear(random_, history.region().geometry(), from.size());
        write_torn(torn_, from, tear.choose);
        INFO("LARDER_SEED=" << seed_ << ", power cut " << totals_.images << ": " << tear.name << " of " << from.size());
        std::vector<Snapshot> recovering;
        start(history, random_.chance(30) ? &recovering : nullptr);
        for (int again = 0; again < 3 && recovering.size() > 1; ++again) {
            ++totals_.twice;
            std::vector<const Snapshot*> mixed;
            for (const Snapshot& moment : recovering) mixed.push_back(&moment);
            const Tear second = choose_tear(random_, history.region().geometry(), mixed.size());
            write_torn(torn_, mixed, second.choose);
            INFO("and again while it recovers: " << second.name << " of " << mixed.size());
            start(history, nullptr);
        }
    }

    /// The machine comes up again. `recovering` receives what the disk may hold of the time until the cache is used again.
    void start(const History& history, std::vector<Snapshot>* recovering) {
        boot();
        Options options;
        options.flush_on_close = false;
        options.read_check = ReadCheck::always;
        if (recovering != nullptr) {
            recovering->push_back(Snapshot::take(torn_));
            options.on_recovery_progress = [this, recovering](const RecoveryProgress&) {
                recovering->push_back(Snapshot::take(torn_, &recovering->back()));
            };
        }
        auto cache = opened(Cache::open(torn_, options));
        if (recovering != nullptr) recovering->push_back(Snapshot::take(torn_, &recovering->back()));
        REQUIRE(stats_of(cache).recoveries > 0);
        const std::string wrong = history.check(cache, random_.chance(25));
        REQUIRE(wrong == "");
        use_further(cache, history.keys());
    }

    void use_further(Cache& cache, std::uint64_t keys) {
        std::string value;
        const std::uint64_t operations = random_.chance(5) ? 3000 : 30;
        for (std::uint64_t i = 0; i < operations; ++i) {
            const std::uint64_t key = random_.below(keys);
            const std::string written = make_value(key, 1'000'000 + i, 16 + random_.skewed(2000));
            REQUIRE_OK(cache.set(History::name_of(key), written));
            REQUIRE_OK(cache.get(History::name_of(key), value));
            REQUIRE((value == written));
            (void)cache.remove(History::name_of(random_.below(keys)));
        }
        auto verification = cache.verify();
        REQUIRE_OK(verification);
        const std::string problem = verification->problems.empty() ? "" : verification->problems.front();
        REQUIRE(problem == "");
    }

    std::uint64_t seed_;
    Totals& totals_;
    Random random_;
    TemporaryDirectory directory_;
    std::string live_ = directory_.file("live");
    std::string torn_ = directory_.file("torn");
};

}  // namespace

TEST_CASE("after a power cut each key is as at the flush or later, or absent") {
    Totals totals;
    const std::uint64_t wanted = iterations(1500);
    for (std::uint64_t i = 0; totals.images < wanted; ++i) PowerCut(seed() + i, totals).run(100);
    std::cout << totals.images << " power cuts in " << totals.histories << " histories, " << totals.twice << " of recoveries; "
              << totals.stable / std::max<std::uint64_t>(totals.images, 1) << " keys a cut had to be there\n";
    CHECK(totals.stable > 0);
}
