// The power fails: of the file, each page or sector is on disk as it was when the engine last made certain of it, as it is
// now, or as it was in between. Whatever the mixture, the next open finds each key as it was at the flush or later, or absent,
// and those that nothing has changed since the flush as they were. The power also fails while a flush is under way, others
// writing meanwhile, and while a recovery is, again and again.
#include "engine/platform/fault_point.hpp"
#include "engine/platform/process.hpp"
#include "tests/power/disk.hpp"
#include "tests/power/history.hpp"
#include "tests/power/tear.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>

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
    std::uint64_t flushing = 0;
    std::uint64_t recovering = 0;
    std::uint64_t clean = 0;
    std::uint64_t stable = 0;
    std::uint64_t histories = 0;
    std::uint64_t all() const noexcept { return images + recovering; }
};

// The word of a header that says which generation comes next, and the one that says whether the file was closed.
struct Head {
    std::uint64_t next_generation = 0;
    bool clean = false;
};

Head head_of(const std::string& path) {
    std::array<char, sizeof(format::FileHeader)> bytes{};
    std::ifstream(path, std::ios::binary).read(bytes.data(), bytes.size());
    Head head;
    std::uint32_t mark = 0;
    std::memcpy(&head.next_generation, &bytes.at(offsetof(format::FileHeader, next_generation)), sizeof head.next_generation);
    std::memcpy(&mark, &bytes.at(offsetof(format::FileHeader, mark)), sizeof mark);
    head.clean = mark == static_cast<std::uint32_t>(format::FileMark::clean);
    return head;
}

// Looks at a disk at some of the moments of a recovery.
class RecoveryWatch {
  public:
    RecoveryWatch(Disk& disk, Random& random) : disk_(disk), random_(random) {
        now_ = this;
#if defined(LARDER_FAULT_POINTS)
        platform::set_fault_hook([](const char*) { look(); });
#endif
    }
    ~RecoveryWatch() {
#if defined(LARDER_FAULT_POINTS)
        platform::set_fault_hook(nullptr);
#endif
        now_ = nullptr;
    }
    RecoveryWatch(const RecoveryWatch&) = delete;
    RecoveryWatch& operator=(const RecoveryWatch&) = delete;
    /// From any thread of the recovery.
    static void look() {
        const std::scoped_lock lock(mutex_);
        if (now_ != nullptr && now_->disk_.moments() < kMost && now_->random_.chance(10)) now_->disk_.look();
    }

  private:
    static constexpr std::size_t kMost = 8;
    static std::mutex mutex_;
    static RecoveryWatch* now_;
    Disk& disk_;
    Random& random_;
};
std::mutex RecoveryWatch::mutex_;
RecoveryWatch* RecoveryWatch::now_ = nullptr;

class PowerCut {
  public:
    PowerCut(std::uint64_t seed, Totals& totals) : seed_(seed), totals_(totals), random_(seed) {}

    /// A history with about as many power cuts as asked for.
    void run(std::uint64_t cuts) {
        ++totals_.histories;
        boot();
        History history(live_, random_);
        Disk disk(live_);
        disk.on_flush([&] { write_during_flush(history, disk); });
        history.note_flush();
        history.flush();
        const std::uint64_t end = totals_.all() + cuts;
        while (totals_.all() < end) {
            for (std::uint64_t moment = random_.between(1, 4); moment > 0; --moment) {
                advance(history, disk, 500);
                if (random_.chance(10)) history.use_up_generations();
                for (std::uint64_t i = random_.between(1, 5); i > 0; --i) cut(history, disk, "");
            }
            advance(history, disk, history.keys());
            if (random_.chance(80)) {
                history.flush();
                continue;
            }
            history.close();
            cut(history, disk, " while closing");
            history.open_again();
            disk.look();
        }
    }

  private:
    void advance(History& history, Disk& disk, std::uint64_t most) {
        for (std::uint64_t i = 1 + random_.skewed(most); i > 0; --i) history.step();
        history.note_moves();
        disk.look();
    }

    // What others write while the file is being written, and power cuts before that is done.
    void write_during_flush(History& history, Disk& disk) {
        history.note_flush();
        if (random_.chance(30)) return;
        if (!history.is_closing()) advance(history, disk, 300);
        if (random_.chance(50)) return;
        ++totals_.flushing;
        cut(history, disk, " while flushing");
    }

    void cut(const History& history, const Disk& disk, const char* when) {
        ++totals_.images;
        totals_.stable += history.count_stable();
        const Tear tear = choose_tear(random_, history.region().geometry(), disk.moments());
        disk.write_torn(torn_, tear);
        INFO("LARDER_SEED=" << seed_ << ", power cut " << totals_.images << when << ": " << tear.name << " of "
                            << disk.moments());
        start(history, history.region().header().next_generation, random_.chance(40) ? 3 : 0);
    }

    /// The machine comes up again; the power may fail while it recovers, so many times at most.
    void start(const History& history, std::uint64_t generation, int cuts) {
        boot();
        totals_.clean += head_of(torn_).clean ? 1U : 0U;
        const bool recovers = !head_of(torn_).clean;
        Options options;
        options.flush_on_close = false;
        options.read_check = ReadCheck::always;
        options.on_recovery_progress = [](const RecoveryProgress&) { RecoveryWatch::look(); };
        Disk disk(torn_);
        std::unique_ptr<Cache> cache;
        {
            RecoveryWatch watch(disk, random_);
            cache = std::make_unique<Cache>(opened(Cache::open(torn_, options)));
        }
        disk.look();
        REQUIRE((stats_of(*cache).recoveries > 0 || !recovers));
        // Whatever the disk has forgotten: no generation that was ever given out is given out again.
        REQUIRE(head_of(torn_).next_generation >= generation);
        const std::string wrong = history.check(*cache, random_.chance(25));
        REQUIRE(wrong == "");
        use_further(*cache, history.keys());
        cache.reset();
        if (cuts == 0 || !recovers) return;
        ++totals_.recovering;
        const Tear tear = choose_tear(random_, history.region().geometry(), disk.moments());
        disk.write_torn(torn_, tear);
        INFO("and again while it recovers: " << tear.name << " of " << disk.moments());
        start(history, generation, cuts - 1);
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
    const std::uint64_t wanted = iterations(200);
    for (std::uint64_t i = 0; totals.all() < wanted; ++i) PowerCut(seed() + i, totals).run(100);
    std::cout << totals.all() << " power cuts in " << totals.histories << " histories, " << totals.flushing
              << " of them while flushing, " << totals.recovering << " while recovering; " << totals.clean
              << " files had been closed; " << totals.stable / std::max<std::uint64_t>(totals.images, 1)
              << " keys a cut had to be there\n";
    CHECK(totals.stable > 0);
}
