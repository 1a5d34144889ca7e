// Words that sets displaced (engine/cache/displaced.hpp), of which the disk has one page of this moment and one of that.
#include "tests/support/check.hpp"
#include "tests/support/colliding_keys.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/temporary_directory.hpp"

#include <set>
#include <string>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint64_t kImages = 300;

class Torn {
  public:
    Torn() {
        Options options;
        options.capacity = kMiB;
        options.shards = 1;
        options.max_processes = 8;
        options.hash_seed = 4711;
        options.flush_on_close = false;
        cache_ = opened(Cache::create(path_, options));
        keys_ = colliding_keys(4711, 2);
    }
    void set(std::size_t key, const char* value) {
        REQUIRE_OK(cache_.set(keys_[key], value));
        remember();
    }
    void remove(std::size_t key) {
        REQUIRE_OK(cache_.remove(keys_[key]));
        remember();
    }
    /// Has displaced words settled, and changes nothing else.
    void settle() {
        (void)cache_.remove("nobody");
        remember();
    }
    /// From here on the disk may have any of the moments for each sector of each page: this one, and that after each change.
    void flush() {
        REQUIRE_OK(cache_.flush());
        moments_.clear();
        remember();
    }

    /// What the key reads as after power cuts.
    std::set<std::string> read_after_cuts(std::size_t key) {
        Random random(seed());
        std::vector<const Snapshot*> moments;
        for (const Snapshot& moment : moments_) moments.push_back(&moment);
        std::set<std::string> found;
        for (std::uint64_t i = 0; i < kImages; ++i) {
            const std::string image = directory_.file("image");
            write_torn(image, moments, [&](std::uint64_t, unsigned) { return random.below(moments.size()); });
            Options options;
            options.recovery = Recovery::always;
            const Cache after = opened(Cache::open(image, options));
            found.insert(value_of(after, keys_[key]));
            require_clean(after);
        }
        return found;
    }

  private:
    void remember() { moments_.push_back(Snapshot::take(path_)); }

    TemporaryDirectory directory_;
    std::string path_ = directory_.file("c");
    Cache cache_;
    std::vector<std::string> keys_;
    std::vector<Snapshot> moments_;
};

using Values = std::set<std::string>;

}  // namespace

TEST_CASE("a value that was overwritten before a flush does not come back with what it was displaced by") {
    SHOW_SEED();
    Torn torn;
    torn.set(0, "older");
    torn.set(0, "old");
    torn.flush();
    torn.set(0, "new");
    torn.remove(0);
    const Values found = torn.read_after_cuts(0);
    CHECK(found.count("older") == 0);
    CHECK(found.count("old") == 1);
    CHECK(found.count("<not_found>") == 1);
}

TEST_CASE("a hidden value that was set anew before a flush does not come back") {
    SHOW_SEED();
    Torn torn;
    torn.set(0, "older");
    torn.set(1, "another");
    torn.set(0, "old");
    torn.flush();
    torn.remove(0);
    CHECK(torn.read_after_cuts(0) == Values{"old", "<not_found>"});
}

TEST_CASE("a hidden record that a flush has seen is there after any cut") {
    SHOW_SEED();
    Torn torn;
    torn.set(0, "hidden");
    torn.set(1, "another");
    torn.flush();
    torn.set(1, "another again");
    torn.settle();
    CHECK(torn.read_after_cuts(0) == Values{"hidden"});
    // Overwritten since: as it was, as it is, or absent.
    for (const std::string& value : torn.read_after_cuts(1))
        CHECK(Values{"another", "another again", "<not_found>"}.count(value) == 1);
}

TEST_CASE("a record that was hidden after the flush is as it was, or gone") {
    SHOW_SEED();
    Torn torn;
    torn.set(0, "hidden");
    torn.flush();
    torn.set(1, "another");
    torn.settle();
    const Values found = torn.read_after_cuts(0);
    CHECK(found.count("hidden") == 1);
    for (const std::string& value : found) CHECK(Values{"hidden", "<not_found>"}.count(value) == 1);
}
