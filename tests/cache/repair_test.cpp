// Files that were damaged: repair() while others use them, and recovery on demand. What was not damaged stays, byte for byte,
// and verify() finds nothing afterwards.
#include "engine/format/geometry.hpp"
#include "engine/format/segment_entry.hpp"
#include "engine/format/shard.hpp"
#include "engine/format/slot.hpp"
#include "tests/support/check.hpp"
#include "tests/support/sizes.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/mapped_file.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <thread>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

/// A cache with records of all sizes, and its bytes at hand.
class Patient {
  public:
    explicit Patient(std::uint32_t shards = 4) {
        options_.capacity = 4 * kMiB;
        options_.shards = shards;
        options_.hash_seed = 1;  // a bucket too many is no damage where no key happens to belong into it
        cache_ = opened(Cache::create(path_, options_));
        for (int i = 0; i < 400; ++i) put("key " + std::to_string(i), std::string(static_cast<std::size_t>(i % 97) * 11, 'v'));
        put("large", std::string(400'000, 'L'));
        auto geometry = format::plan_geometry({options_.capacity, 0, shards, 0, options_.max_processes});
        REQUIRE(geometry.ok());
        geometry_ = *geometry;
        auto file = MappedFile::open(path_);
        REQUIRE(file.ok());
        bytes_ = std::move(*file->view());
    }

    Cache& cache() { return cache_; }
    const std::string& path() const { return path_; }
    const format::Geometry& geometry() const { return geometry_; }
    MappedView& bytes() { return bytes_; }

    /// Changes a byte of the value of a key.
    void spoil(const std::string& key) {
        const std::string& value = right_.at(key);
        REQUIRE(value.size() > 8);
        const std::string_view all(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
        const auto place = all.find(key + "=" + std::to_string(value.size()), geometry_.segments_begin);
        REQUIRE(place != std::string_view::npos);
        REQUIRE(bytes_.write<char>(place + key.size() + 1, '#').ok());
    }

    /// Each record is right or absent; returns how many are absent.
    std::uint64_t absent(const Cache& cache) const {
        std::uint64_t count = 0;
        std::string value;
        for (const auto& [key, right] : right_) {
            const Status status = cache.get(key, value);
            if (status.ok()) REQUIRE((value == right));
            count += status.ok() ? 0U : 1U;
        }
        return count;
    }
    std::uint64_t size() const { return right_.size(); }
    void store(const std::string& key, const std::string& filling = "some") { put(key, filling); }
    void remove(const std::string& key) {
        right_.erase(key);
        REQUIRE_OK(cache_.remove(key));
    }
    void close() { REQUIRE_OK(cache_.close()); }
    const Options& options() const { return options_; }

  private:
    void put(const std::string& key, const std::string& filling) {
        const std::size_t digits = std::to_string(filling.size()).size();
        std::string value = key + "=" + std::to_string(filling.size() + key.size() + 2 + digits) + " " + filling;
        // The length is written into the value; where it takes a digit more, once again.
        value = key + "=" + std::to_string(value.size()) + " " + filling;
        value = key + "=" + std::to_string(value.size()) + " " + filling;
        right_[key] = value;
        REQUIRE_OK(cache_.set(key, value));
    }

    TemporaryDirectory directory_;
    std::string path_ = directory_.file("c");
    Options options_;
    Cache cache_;
    format::Geometry geometry_;
    MappedView bytes_;
    std::map<std::string, std::string> right_;
};

std::uint64_t word_at(const MappedView& bytes, std::uint64_t offset) {
    const auto word = bytes.read<std::uint64_t>(offset);
    REQUIRE_OK(word);
    return *word;
}

std::size_t problems_of(const Cache& cache) {
    const auto found = cache.verify();
    REQUIRE_OK(found);
    return found->problems.size();
}

Repair repaired(Cache& cache) {
    auto repair = cache.repair();
    REQUIRE_OK(repair);
    return *repair;
}

}  // namespace

TEST_CASE("repairing a file that is whole changes nothing") {
    Patient patient;
    const Repair repair = repaired(patient.cache());
    CHECK(repair.records == patient.size());
    CHECK(repair.lost == 0);
    CHECK(repair.superseded == 0);
    CHECK(repair.recounted == 0);
    CHECK(patient.absent(patient.cache()) == 0);
    require_clean(patient.cache());
}

TEST_CASE("records that are not whole are dropped and counted, the others stay, and all handles go on") {
    Patient patient;
    auto other = opened(Cache::open(patient.path()));
    for (const auto* key : {"key 7", "key 110", "large"}) patient.spoil(key);
    CHECK(problems_of(patient.cache()) == 3);
    const Repair repair = repaired(other);
    CHECK(repair.lost == 3);
    CHECK(repair.records == patient.size() - 3);
    require_clean(patient.cache());
    CHECK(patient.absent(patient.cache()) == 3);
    CHECK_CODE(patient.cache().get("large"), Code::not_found);
    REQUIRE_OK(patient.cache().set("large", std::string(300'000, 'n')));
    REQUIRE_OK(other.set("key 7", "new"));
    require_clean(other);
}

TEST_CASE("counts and segment states are made right, and no record is lost by it") {
    Patient patient;
    auto& bytes = patient.bytes();
    const auto& g = patient.geometry();
    SECTION("live bytes") {
        for (std::uint32_t i = 0; i < 8; ++i)
            REQUIRE_OK(bytes.write<std::uint32_t>(g.segment_entry_at(i) + offsetof(format::SegmentEntry, live_bytes), 3));
    }
    SECTION("write offsets") {
        for (std::uint32_t i = 0; i < 8; ++i)
            REQUIRE_OK(bytes.write<std::uint32_t>(g.segment_entry_at(i) + offsetof(format::SegmentEntry, write_offset), 0));
    }
    SECTION("states") {
        // Free; a spare of the shard that has records in it; nonsense.
        const std::uint32_t use = GENERATE(0U, 1U, 0xffffffffU);
        for (std::uint32_t i = 0; i < 8; ++i) {
            const std::uint64_t place = g.segment_entry_at(i) + offsetof(format::SegmentEntry, state);
            const std::uint32_t shard = *bytes.read<std::uint32_t>(place) & ~std::uint32_t{0xff};
            REQUIRE_OK(bytes.write<std::uint32_t>(place, use == 1 ? shard | 1U : use));
        }
    }
    SECTION("records and queues of the shards") {
        for (std::uint32_t i = 0; i < g.shard_count; ++i) {
            REQUIRE_OK(bytes.write<std::uint64_t>(g.shard_at(i) + offsetof(format::ShardHeader, records), 1'000'000));
            REQUIRE_OK(bytes.write<std::uint64_t>(g.shard_at(i) + offsetof(format::ShardHeader, queues), ~std::uint64_t{0}));
        }
    }
    REQUIRE(problems_of(patient.cache()) > 0);
    const Repair repair = repaired(patient.cache());
    CHECK(repair.lost == 0);
    CHECK(repair.records == patient.size());
    CHECK(repair.recounted > 0);
    CHECK(patient.absent(patient.cache()) == 0);
    require_clean(patient.cache());
    // What is written from here on takes nothing that is in use.
    for (int i = 0; i < 200; ++i) REQUIRE_OK(patient.cache().set("new " + std::to_string(i), std::string(2000, 'n')));
    CHECK(patient.absent(patient.cache()) == 0);
    require_clean(patient.cache());
}

TEST_CASE("repair goes on while others read and write") {
    Patient patient;
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            auto cache = Cache::open(patient.path());
            if (!cache.ok()) ++wrong;
            std::string value;
            for (std::uint64_t i = 0; cache.ok() && !stop; ++i) {
                const std::string key = "busy " + std::to_string(i % 500);
                if (t == 0 && !cache->set(key, key + std::string(i % 300, 'b')).ok()) ++wrong;
                if (cache->get(key, value).ok() && !value.starts_with(key)) ++wrong;
                if (i % 5 == 0) std::this_thread::yield();
            }
        });
    }
    for (std::uint64_t round = 0; round < iterations(20); ++round) {
        const std::string key = "key " + std::to_string(20 + round % 60);
        const bool there = patient.cache().get(key).ok();
        if (there) patient.spoil(key);
        const Repair repair = repaired(patient.cache());
        CHECK(repair.lost == (there ? 1 : 0));
    }
    stop = true;
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
    require_clean(patient.cache());
}

TEST_CASE("a lock that a living process holds makes repair give up in time") {
    Patient patient(1);
    Options options;
    options.timeout = std::chrono::milliseconds(30);
    auto other = opened(Cache::open(patient.path(), options));
    const std::uint64_t lock = patient.geometry().shard_at(0) + offsetof(format::ShardHeader, lock);
    REQUIRE_OK(patient.bytes().write<std::uint32_t>(lock, 1));  // by index 0, the first handle
    CHECK_CODE(other.repair(), Code::busy);
    const Stats stats = stats_of(other);
    REQUIRE(stats.processes.size() == 2);
    CHECK(stats.processes[0].locked_shards == std::vector<std::uint32_t>{0});
    CHECK(stats.processes[1].locked_shards.empty());
    REQUIRE_OK(patient.bytes().write<std::uint32_t>(lock, 0));
    CHECK(repaired(other).records == patient.size());
}

TEST_CASE("a handle that only reads cannot repair") {
    Patient patient;
    Options options;
    options.read_only = true;
    auto reader = opened(Cache::open(patient.path(), options));
    CHECK_CODE(reader.repair(), Code::read_only);
    Cache closed;
    CHECK_CODE(closed.repair(), Code::closed);
}

TEST_CASE("after repair() of random damage, verify() finds nothing and values are right") {
    SHOW_SEED();
    Random random(seed());
    std::uint64_t repairs = 0;
    for (std::uint64_t i = 0; i < iterations(60); ++i) {
        Patient patient(1U << random.below(3));
        const auto& g = patient.geometry();
        // Beyond the header, whose damage is refused, and the process table, which says who is there.
        for (std::uint64_t n = random.between(1, 20); n > 0; --n) {
            const std::uint64_t used = patient.bytes().size() - g.shards_begin;
            const std::uint64_t place = g.shards_begin + (random.chance(50) ? random.below(used) : random.skewed(used - 1));
            // The words that are somebody's word: a lock says that a handle holds it, a directory where all records are.
            if (place < g.generations_begin && (place - g.shards_begin) % format::kShardBytes < 128) continue;
            REQUIRE_OK(patient.bytes().write<std::uint8_t>(place, static_cast<std::uint8_t>(random.next())));
        }
        INFO("round " << i);
        repaired(patient.cache());
        ++repairs;
        REQUIRE(problems_of(patient.cache()) == 0);
        patient.absent(patient.cache());
        REQUIRE_OK(patient.cache().set("key 1", "new"));
        REQUIRE(problems_of(patient.cache()) == 0);
    }
    CHECK(repairs > 0);
}

TEST_CASE("recovery on demand needs the file for itself, and says what it kept and dropped") {
    Patient patient;
    RecoveryProgress last;
    Options options;
    options.recovery = Recovery::always;
    options.on_recovery_progress = [&last](const RecoveryProgress& at) { last = at; };
    CHECK_CODE(Cache::open(patient.path(), options), Code::busy);
    CHECK(last.total_bytes == 0);
    for (const auto* key : {"key 8", "large"}) patient.spoil(key);
    patient.close();
    auto cache = opened(Cache::open(patient.path(), options));
    CHECK(last.done_bytes == last.total_bytes);
    CHECK(last.kept == patient.size() - 2);
    CHECK(last.dropped == 2);
    CHECK(patient.absent(cache) == 2);
    CHECK(stats_of(cache).recoveries == 1);
    CHECK(stats_of(cache).condition == FileCondition::in_use);
    require_clean(cache);
    REQUIRE_OK(cache.close());
    Options reading;
    reading.read_only = true;
    CHECK(stats_of(opened(Cache::open(patient.path(), reading))).condition == FileCondition::clean);
}

TEST_CASE("a directory that counts too few buckets, or too many, is made right, and no record is lost by it") {
    Patient patient(1);
    for (int i = 0; i < 1500; ++i) patient.store("more " + std::to_string(i));
    REQUIRE(patient.absent(patient.cache()) == 0);
    auto& bytes = patient.bytes();
    const std::uint64_t at = patient.geometry().shard_at(0);
    const auto right = format::unpack_directory(word_at(bytes, at));
    const std::uint32_t most =
        static_cast<std::uint32_t>(word_at(bytes, at + offsetof(format::ShardHeader, main_buckets_committed)));
    REQUIRE(right.buckets > 200);
    REQUIRE(right.buckets + 3 < most);
    for (const std::uint32_t wrong : {0U, 1U, 2U, right.buckets / 2, right.buckets - 40, right.buckets - 1, right.buckets + 1,
                                      right.buckets + 3, most, most + 1, 0xffffffffU}) {
        INFO(right.buckets << " buckets, said to be " << wrong);
        const auto now = format::unpack_directory(word_at(bytes, at));
        REQUIRE_OK(bytes.write(at, format::pack_directory({wrong, now.moves})));
        const Repair repair = repaired(patient.cache());
        CHECK(repair.lost == 0);
        CHECK(repair.records == patient.size());
        // More than there is space for is brought down to that when the lock is taken, and then it is what it was before.
        CHECK((repair.recounted > 0 || wrong > most));
        CHECK(patient.absent(patient.cache()) == 0);
        require_clean(patient.cache());
        const Repair again = repaired(patient.cache());
        CHECK(again.recounted == 0);
        // What is too large is left so; the next one begins at the right number again.
        REQUIRE_OK(patient.cache().set("later", "later"));
        REQUIRE_OK(patient.cache().remove("later"));
    }
}

TEST_CASE("what was written while the directory was wrong is there after a repair, and is the later value") {
    Patient patient(1);
    for (int i = 0; i < 1500; ++i) patient.store("more " + std::to_string(i));
    auto& bytes = patient.bytes();
    const std::uint64_t at = patient.geometry().shard_at(0);
    const auto right = format::unpack_directory(word_at(bytes, at));
    // So few that the shard does not grow again by itself before it is repaired.
    for (int i = 901; i < 1500; ++i) patient.remove("more " + std::to_string(i));
    REQUIRE_OK(bytes.write(at, format::pack_directory({right.buckets - 10, right.moves})));
    // So many that some are sure to be in the buckets that are not counted.
    for (int i = 0; i < 900; ++i) patient.store("more " + std::to_string(i), "later");
    const Repair repair = repaired(patient.cache());
    CHECK(repair.records == patient.size());
    CHECK(repair.superseded > 0);
    require_clean(patient.cache());
    CHECK(patient.absent(patient.cache()) == 0);
}

TEST_CASE("what is set while the directory counts no bucket, or more than there is space for, is found afterwards") {
    for (const std::uint32_t wrong : {0U, 0x7fffffffU, 0xffffffffU}) {
        INFO("said to be " << wrong);
        Patient patient(1);
        for (int i = 0; i < 1500; ++i) patient.store("more " + std::to_string(i));
        auto& bytes = patient.bytes();
        const std::uint64_t at = patient.geometry().shard_at(0);
        const auto now = format::unpack_directory(word_at(bytes, at));
        REQUIRE_OK(bytes.write(at, format::pack_directory({wrong, now.moves})));
        for (int i = 0; i < 50; ++i) patient.store("new " + std::to_string(i));
        std::string value;
        for (int i = 0; i < 50; ++i) REQUIRE_OK(patient.cache().get("new " + std::to_string(i), value));
        // Older ones may be lost: what splits from one bucket on runs over those that the directory forgot.
        (void)repaired(patient.cache());
        require_clean(patient.cache());
    }
}

TEST_CASE("a recovery that is asked for does not believe the directory either, and loses nothing by it") {
    Patient patient(1);
    for (int i = 0; i < 1500; ++i) patient.store("more " + std::to_string(i));
    auto& bytes = patient.bytes();
    const std::uint64_t at = patient.geometry().shard_at(0);
    const auto right = format::unpack_directory(word_at(bytes, at));
    Options options = patient.options();
    options.recovery = Recovery::always;
    patient.close();
    for (const std::uint32_t wrong : {0U, 1U, 2U, right.buckets / 2, right.buckets - 40, right.buckets - 1, right.buckets + 1}) {
        INFO(right.buckets << " buckets, said to be " << wrong);
        REQUIRE_OK(bytes.write(at, format::pack_directory({wrong, right.moves})));
        Cache cache = opened(Cache::open(patient.path(), options));
        CHECK(patient.absent(cache) == 0);
        const auto found = format::unpack_directory(word_at(bytes, at));
        CHECK(found.buckets >= right.buckets);
        require_clean(cache);
        REQUIRE_OK(cache.close());
    }
}
