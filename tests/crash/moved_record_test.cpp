// A reader is held up between two buckets of a chain, at a fault point, while the record it is about to look for there moves to
// the bucket that it has left, or the bucket it is in is freed. It must find the record all the same (INV-5).
#include "engine/platform/fault_point.hpp"

#include "engine/format/geometry.hpp"
#include "engine/format/hash.hpp"
#include "engine/format/header.hpp"
#include "engine/format/slot.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/cache.hpp>
#include <larder/mapped_file.hpp>

#if defined(LARDER_FAULT_POINTS)

#include <atomic>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint32_t kBucket = 3;
constexpr std::size_t kKeys = 26;  // four buckets' worth

// What is done when a reader has come so many times to the point where it goes to the next bucket.
std::function<void()> at_hop;
int hops_left = 0;

void do_there(const char* name) {
    if (std::strcmp(name, "read.next_bucket") != 0 || hops_left == 0 || --hops_left != 0) return;
    at_hop();
}

class Chain {
  public:
    Chain() {
        options_.capacity = std::uint64_t{1} << 20U;
        options_.shards = 1;
        reader_ = opened(Cache::create(path_, options_));
        writer_ = opened(Cache::open(path_, options_));
        const auto planned = format::plan_geometry({options_.capacity, 0, 1, 0, options_.max_processes});
        REQUIRE_OK(planned);
        auto file = MappedFile::open(path_);
        REQUIRE_OK(file);
        bytes_ = std::move(*file->view());
        directory_at_ = planned->shard_at(0);
        std::uint64_t seed = 0;
        std::memcpy(&seed, bytes_.data() + offsetof(format::FileHeader, hash_seed), sizeof seed);
        for (int i = 0; keys_.size() < kKeys; ++i) {
            const std::string key = "key " + std::to_string(i);
            if (format::bucket_of(format::KeyHash(seed)(key), buckets()) == kBucket) keys_.push_back(key);
        }
    }

    std::uint32_t buckets() const {
        return format::unpack_directory(
                   reinterpret_cast<const std::atomic<std::uint64_t>*>(bytes_.data() + directory_at_)->load())
            .buckets;
    }
    // Anew, so that the chain is in the order of the keys.
    void fill() {
        for (const std::string& key : keys_) (void)writer_.remove(key);
        for (const std::string& key : keys_) REQUIRE_OK(writer_.set(key, key));
    }
    void remove(std::size_t first, std::size_t count, std::size_t but) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t each = (first + i) % kKeys;
            if (each != but) REQUIRE_OK(writer_.remove(keys_[each]));
        }
    }
    std::string read(std::size_t number) const { return value_of(reader_, keys_[number]); }
    const std::string& key(std::size_t number) const { return keys_[number]; }

  private:
    TemporaryDirectory directory_;
    std::string path_ = directory_.file("cache");
    Options options_;
    Cache reader_;
    Cache writer_;
    MappedView bytes_;
    std::uint64_t directory_at_ = 0;
    std::vector<std::string> keys_;
};

}  // namespace

TEST_CASE("a reader between two buckets finds what moves behind its back") {
    Chain chain;
    const std::uint32_t buckets = chain.buckets();
    std::uint64_t held_up = 0;
    platform::set_fault_hook(do_there);
    for (std::size_t wanted = 0; wanted < kKeys; ++wanted) {
        for (const int hops : {1, 2, 3}) {
            for (const auto& [first, count] : std::vector<std::pair<std::size_t, std::size_t>>{
                     {0, 1}, {0, 7}, {7, 7}, {14, 7}, {0, kKeys}, {7, kKeys}, {14, kKeys}}) {
                chain.fill();
                at_hop = [&, first = first, count = count] { chain.remove(first, count, wanted); };
                hops_left = hops;
                INFO(chain.key(wanted) << ", " << hops << " hops, " << count << " removed from " << first);
                CHECK(chain.read(wanted) == chain.key(wanted));
                held_up += hops_left == 0 ? 1 : 0;
                hops_left = 0;
            }
        }
    }
    platform::set_fault_hook(nullptr);
    // Else it was the number of buckets that told the reader.
    CHECK(chain.buckets() == buckets);
    CHECK(held_up > 100);
}

#endif
