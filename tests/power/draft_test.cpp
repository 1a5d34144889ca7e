// What the common set writes before it knows what it will do, and then leaves (cache/quick_write.hpp).
#include "engine/index/chain.hpp"
#include "engine/region/record_access.hpp"
#include "engine/segments/log.hpp"
#include "tests/support/check.hpp"
#include "tests/support/identity.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <string>

using namespace larder;
using namespace larder::tests;

namespace {

const std::string kKey = "the key that is set";

// A cache of one shard that evicts, and the file behind it.
class Evicting {
  public:
    Evicting() : cache_(opened(Cache::create(path(), options()))), region_(look_into(path())), shard_(region_, 0) {}

    std::string path() const { return directory_.file("c"); }
    std::string file(const std::string& name) const { return directory_.file(name); }
    Cache& cache() noexcept { return cache_; }

    /// Adds a key.
    void add_another() { REQUIRE_OK(cache_.set("another " + std::to_string(others_++), std::string(1500, 'o'))); }
    /// Until the key's record is in the main queue.
    void bring_to_main() {
        REQUIRE_OK(cache_.set(kKey, std::string(100, '0')));
        for (int i = 0; i < 100'000 && !is_in_main(); ++i) {
            add_another();
            (void)cache_.get(kKey);
        }
        REQUIRE(is_in_main());
    }
    /// Where the key's record is; 0: there is none.
    std::uint64_t place_of_key() const {
        std::uint64_t place = 0;
        const std::uint64_t hash = region_.hash(kKey);
        index::scan_chain(region_, 0, &index::main_bucket(region_, 0, hash, index::bounded_buckets(region_, 0)),
                          format::tag_from_hash(hash), [&](format::Slot&, format::SlotWord word) {
                              region::RecordAt record;
                              const std::uint64_t offset = format::offset_of(word);
                              if (!region::read_record(region_, offset, record) || !region::has_key(region_, record, kKey))
                                  return false;
                              place = offset;
                              return true;
                          });
        return place;
    }
    bool is_in_main() const {
        const std::uint64_t place = place_of_key();
        return place != 0 && segments::queue_of(region_.segment_at(place)) == format::Queue::main;
    }
    /// Where the small queue's next record goes.
    std::uint64_t small_tail() const {
        const segments::Place place = segments::append_place(shard_, format::Queue::small, 2000);
        return place ? region_.geometry().segment_at(place.segment) + place.used : 0;
    }

  private:
    static Options options() {
        Options options;
        options.capacity = kMiB;
        options.reservation = kMiB;
        options.shards = 1;
        return options;
    }

    TemporaryDirectory directory_;
    Cache cache_;
    region::Region region_;
    region::LockedShard shard_;
    int others_ = 0;
};

// The file `after`, but for the pages around a place, which are those of `before`.
std::string torn(const std::string& before, std::string after, std::uint64_t place) {
    const std::uint64_t first = place / format::kPageBytes * format::kPageBytes;
    return after.replace(first, 2 * format::kPageBytes, before, first, 2 * format::kPageBytes);
}

}  // namespace

TEST_CASE("a value that was removed before a flush does not come back where a set had drafted it") {
    Evicting evicting;
    Cache& cache = evicting.cache();
    int tries = 0;
    // Now and then a segment is full in between.
    for (int i = 0; i < 50 && tries < 5; ++i) {
        evicting.bring_to_main();
        evicting.add_another();
        const std::uint64_t tail = evicting.small_tail();
        if (tail == 0) continue;
        REQUIRE_OK(cache.set(kKey, std::string(100, '1')));
        REQUIRE(evicting.is_in_main());
        REQUIRE_OK(cache.remove(kKey));
        REQUIRE_OK(cache.flush());
        const std::string before = read_file(evicting.path());
        REQUIRE_OK(cache.set(kKey, std::string(100, '2')));
        if (evicting.place_of_key() != tail) continue;
        ++tries;
        write_file(evicting.file("torn"), torn(before, read_file(evicting.path()), tail));
        Options options;
        options.recovery = Recovery::always;
        CHECK(opened(Cache::open(evicting.file("torn"), options)).get(kKey).code() == Code::not_found);
        // In full it is there.
        write_file(evicting.file("torn"), read_file(evicting.path()));
        CHECK(value_of(opened(Cache::open(evicting.file("torn"), options)), kKey) == std::string(100, '2'));
    }
    CHECK(tries == 5);
}
