// Files whose words were changed one by one, the checksum of the header made right again: opened, read, written and recovered.
// Refused or taken, but never a crash, a hang, or a value that was never stored.
#include "tests/damage/mutation.hpp"
#include "engine/platform/process.hpp"
#include "tests/support/check.hpp"
#include "tests/support/snapshot.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <map>
#include <set>

#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

// One round hangs when it takes much longer than the bounded waits in it can add up to; SIGALRM then ends the test, and what
// it was doing is known.
constexpr unsigned kHangSeconds = 60;
std::array<char, 160> doing{};

void tell_hang(int) {
    (void)!::write(STDERR_FILENO, doing.data(), doing.size());
    ::_exit(99);
}

class Alarm {
  public:
    Alarm() {
        (void)std::signal(SIGALRM, tell_hang);
        ::alarm(kHangSeconds);
    }
    ~Alarm() { ::alarm(0); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
};

std::string value_number(int key, int round) {
    const std::size_t size =
        key % 40 == 3 ? 20'000 + static_cast<std::size_t>(key) * 31 : 10 + static_cast<std::size_t>(key) * 7 % 900;
    Random random(mix(static_cast<std::uint64_t>(key)) + static_cast<std::uint64_t>(round));
    std::string value = std::to_string(key) + "/" + std::to_string(round) + ":";
    while (value.size() < size) value += static_cast<char>(random.next());
    return value;
}

struct Totals {
    std::uint64_t refused = 0;
    std::uint64_t taken = 0;
    std::uint64_t recovered = 0;
    std::uint64_t corrupt_reads = 0;
};

class MutatedFiles {
  public:
    explicit MutatedFiles(Totals& totals) : totals_(totals) {
        Options options;
        options.capacity = 1U << 20U;
        options.reservation = 2U << 20U;
        options.segment_size = 32U << 10U;
        options.shards = 2;
        options.max_processes = 8;
        auto cache = opened(Cache::create(path_, options));
        fill(cache);
        REQUIRE_OK(cache.close());
        whole_ = Snapshot::take(path_);
        file_.resize(whole_.file_size());
    }

    void round(std::uint64_t seed) {
        const Alarm alarm;
        std::snprintf(doing.data(), doing.size(), "LARDER_SEED=%llu LARDER_ITERATIONS=1 hangs\n",
                      static_cast<unsigned long long>(seed));
        Random random(seed);
        restore();
        Mutation mutation(file_, random);
        for (std::uint64_t i = random.chance(50) ? 1 : random.between(2, 12); i > 0; --i) mutation.change();
        write_sparsely();
        std::string list;
        for (const auto& change : mutation.changes()) list += "\n  " + change;
        INFO("LARDER_SEED=" << seed << " LARDER_ITERATIONS=1, changed:" << list);
        open_and_use(random);
    }

  private:
    void fill(Cache& cache) {
        for (int round = 0; round < 2; ++round) {
            for (int key = 0; key < 700; key += round + 1) {
                REQUIRE_OK(cache.set("key " + std::to_string(key), value_number(key, round)));
            }
        }
        for (int key = 0; key < 700; ++key) stored_["key " + std::to_string(key)] = {value_number(key, 0), value_number(key, 1)};
        REQUIRE_OK(cache.set(std::string(10'000, 'k'), "long key"));
        stored_[std::string(10'000, 'k')].insert("long key");
        REQUIRE_OK(cache.set("expires", "some day", {Ttl::after(std::chrono::hours(1)), 7}));
        stored_["expires"].insert("some day");
    }

    void restore() {
        std::fill(file_.begin(), file_.end(), std::byte{0});
        for (const auto& [number, bytes] : whole_.pages())
            std::memcpy(file_.data() + number * kSnapshotPage, bytes->data(), bytes->size());
    }

    void write_sparsely() {
        const std::string_view bytes(reinterpret_cast<const char*>(file_.data()), file_.size());
        write_file(path_, bytes);
    }

    void open_and_use(Random& random) {
        Options options;
        options.read_check = ReadCheck::always;
        options.timeout = std::chrono::milliseconds(5);
        options.flush_on_close = random.chance(50);
        const bool recover = random.chance(30);
        if (recover) unclean();
        options.read_only = !recover && random.chance(25);
        auto cache = Cache::open(path_, options);
        if (!cache.ok()) {
            ++totals_.refused;
            REQUIRE_FALSE(cache.status().message().empty());
            return;
        }
        ++totals_.taken;
        totals_.recovered += recover ? 1U : 0U;
        read_all(*cache);
        if (!options.read_only) write_some(*cache, random);
        (void)cache->verify();
        (void)cache->stats();
        (void)cache->close();
    }

    // As if the machine had gone down: no clean mark, another boot.
    void unclean() {
        const std::uint32_t in_use = 0;
        std::memcpy(file_.data() + 168, &in_use, sizeof in_use);
        std::memset(file_.data() + 184, 0x5a, 16);
        write_sparsely();
    }

    void check(const std::string& key, const std::string& value) {
        const auto found = stored_.find(key);
        const bool known = found != stored_.end() && found->second.count(value) == 1;
        INFO("key " << key.substr(0, 50) << " reads as " << value.substr(0, 50) << " (" << value.size() << " bytes)");
        if (!known) REQUIRE(known);
    }

    void read_all(const Cache& cache) {
        std::string value;
        for (const auto& [key, values] : stored_) {
            const Status status = cache.get(key, value);
            if (status.ok()) check(key, value);
            totals_.corrupt_reads += status.code() == Code::corrupt ? 1U : 0U;
            (void)cache.info(key);
        }
        (void)cache.for_each({}, [this](const RecordView& record) {
            check(std::string(record.key), std::string(record.value));
            return true;
        });
    }

    void write_some(Cache& cache, Random& random) {
        for (int i = 0; i < 60; ++i) {
            const int key = static_cast<int>(random.below(700));
            const std::string name = "key " + std::to_string(key);
            if (random.chance(20)) {
                (void)cache.remove(name);
            } else if (random.chance(10)) {
                (void)cache.touch(name, Ttl::after(std::chrono::hours(2)));
            } else {
                (void)cache.set(name, value_number(key, static_cast<int>(random.below(2))));
            }
        }
        // Enough to walk and to evict what is damaged.
        if (random.chance(25)) fill_up(cache);
        if (random.chance(10)) (void)cache.resize((1U << 20U) + (random.below(4) << 18U));
        read_all(cache);
        if (random.chance(10)) (void)cache.clear();
        (void)cache.flush();
    }

    void fill_up(Cache& cache) {
        for (int i = 0; i < 2000; ++i) {
            const int key = i % 700;
            (void)cache.set("key " + std::to_string(key), value_number(key, i % 40 == 3 ? 0 : 1));
        }
    }

    TemporaryDirectory directory_;
    std::string path_ = directory_.file("cache");
    Totals& totals_;
    Snapshot whole_;
    std::vector<std::byte> file_;
    std::map<std::string, std::set<std::string>> stored_;
};

}  // namespace

TEST_CASE("files with forged words are refused or harmless") {
    Totals totals;
    MutatedFiles files(totals);
    const std::uint64_t rounds = iterations(1500);
    for (std::uint64_t i = 0; i < rounds; ++i) files.round(seed() + i);
    std::cout << totals.taken << " forged files were taken (" << totals.recovered << " of them recovered), " << totals.refused
              << " refused; " << totals.corrupt_reads << " reads failed their check\n";
    CHECK(totals.taken + totals.refused == rounds);
}
