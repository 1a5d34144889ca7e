// A file whose bytes were changed while nobody had it open: refused, or what is read is right or absent.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <chrono>
#include <map>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr int kRecords = 300;

class Damage {
  public:
    Damage() {
        Options options;
        options.capacity = 1U << 20U;
        options.reservation = 1U << 20U;
        auto cache = opened(Cache::create(path_, options));
        for (int i = 0; i < kRecords; ++i) {
            auto& value = expected_["key " + std::to_string(i)];
            value = std::to_string(i) + std::string(static_cast<std::size_t>(i) * 7, static_cast<char>(i));
            REQUIRE_OK(cache.set("key " + std::to_string(i), value));
        }
        REQUIRE_OK(cache.close());
        whole_ = read_file(path_);
    }

    std::size_t size() const { return whole_.size(); }

    /// Opens the file with these bytes in place of its own, and uses all of it.
    void require_harmless(std::size_t position, std::string_view bytes) {
        INFO("position " << position << " length " << bytes.size());
        std::string damaged = whole_;
        damaged.replace(position, bytes.size(), bytes);
        write_file(path_, damaged);
        Options options;
        options.read_check = ReadCheck::always;
        options.timeout = std::chrono::milliseconds(20);
        options.read_only = position % 3 == 0;
        auto result = Cache::open(path_, options);
        if (!result.ok()) {
            ++refused_;
            REQUIRE_FALSE(result.status().message().empty());
            REQUIRE((read_file(path_) == damaged));
            return;
        }
        ++taken_;
        use(*result);
    }
    int refused() const { return refused_; }
    int taken() const { return taken_; }

  private:
    void use(Cache& cache) {
        std::string value;
        for (const auto& [key, right] : expected_) {
            if (cache.get(key, value).ok()) REQUIRE((value == right));
        }
        cache
            .for_each({},
                      [&](const RecordView& record) {
                          const auto found = expected_.find(std::string(record.key));
                          REQUIRE(found != expected_.end());
                          REQUIRE((record.value == found->second));
                          return true;
                      })
            .ok();
        (void)cache.stats();
        (void)cache.verify();
        for (int i = 0; i < 20; ++i) (void)cache.set("key " + std::to_string(i), expected_["key " + std::to_string(i)]);
        (void)cache.remove("key 7");
        (void)cache.clear();
        (void)cache.close();
    }

    TemporaryDirectory directory_;
    std::string path_ = directory_.file("c");
    std::map<std::string, std::string> expected_;
    std::string whole_;
    int refused_ = 0;
    int taken_ = 0;
};

}  // namespace

TEST_CASE("the first bytes of a file, each changed in turn, never lead to a wrong value") {
    Damage damage;
    for (std::size_t position = 0; position < 512; ++position) {
        damage.require_harmless(position, std::string(1, static_cast<char>(0xff - position % 200)));
    }
    CHECK(damage.refused() > 0);
}

TEST_CASE("random damage anywhere never leads to a wrong value") {
    Damage damage;
    Random random(seed());
    SHOW_SEED();
    for (std::uint64_t i = 0; i < iterations(400); ++i) {
        const std::size_t position = random.chance(60) ? random.below(damage.size()) : random.skewed(damage.size() - 1);
        std::string bytes(1 + random.skewed(std::min<std::size_t>(damage.size() - position, 5000) - 1), '\0');
        const auto kind = random.below(3);
        for (auto& byte : bytes) byte = kind == 0 ? '\0' : kind == 1 ? '\xff' : static_cast<char>(random.next());
        damage.require_harmless(position, bytes);
    }
    CHECK(damage.taken() > 0);
    CHECK(damage.refused() > 0);
}
