// Keys and values of all the lengths at which a read goes another way, read in all the ways that there are.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <chrono>
#include <string>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::array<std::size_t, 21> kKeys{1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 119, 120, 121, 128, 129, 255, 256};
constexpr std::array<std::size_t, 30> kValues{0,  1,  2,  3,  4,  5,  7,   8,   9,   15,  16,  17,  31,   32,    33,
                                              47, 48, 63, 64, 65, 66, 100, 127, 128, 129, 192, 256, 1000, 65535, 65536};

// Records without fields, with the one that most have, and with another.
const std::array<WriteOptions, 3> kKinds{WriteOptions{}, WriteOptions{Ttl::after(std::chrono::hours(1)), 0},
                                         WriteOptions{Ttl::never(), 7}};

std::string filled(std::size_t length, std::size_t salt) {
    std::string text(length, '\0');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('!' + (i * 7 + salt * 13 + i / 90) % 90);
    return text;
}

void check_buffers(const Cache& cache, const std::string& key, const std::string& value) {
    for (const std::size_t room : {value.size(), value.size() + 1, value.size() + 100}) {
        std::string buffer(room + 8, '#');
        const auto length = cache.get(key, std::as_writable_bytes(std::span(buffer.data(), room)));
        REQUIRE_OK(length.status());
        REQUIRE(*length == value.size());
        REQUIRE(buffer.substr(0, value.size()) == value);
        REQUIRE(buffer.substr(room) == "########");
    }
    if (value.empty()) return;
    std::string buffer(value.size(), '#');
    const auto small = cache.get(key, std::as_writable_bytes(std::span(buffer.data(), value.size() - 1)));
    REQUIRE_CODE(small.status(), Code::size_mismatch);
    REQUIRE(buffer.back() == '#');
}

void check_strings(const Cache& cache, const std::string& key, const std::string& value) {
    for (const std::size_t before : {value.size(), std::size_t{0}, value.size() + 1, std::size_t{100}, std::size_t{5000}}) {
        std::string read(before, '#');
        REQUIRE_OK(cache.get(key, read));
        REQUIRE(read == value);
        RecordInfo info;
        std::string again(before, '#');
        REQUIRE_OK(cache.get(key, again, &info));
        REQUIRE(again == value);
        REQUIRE(info.value_size == value.size());
        REQUIRE(info.version != 0);
    }
}

void check_batch(const Cache& cache, const std::string& key, const std::string& value) {
    const std::array<std::string_view, 3> keys{key, "absent", key};
    std::vector<Lookup> lookups(keys.size());
    lookups[2].value.assign(value.size(), '#');
    for (int round = 0; round < 2; ++round) {
        REQUIRE(cache.get_many(keys, lookups) == 2);
        REQUIRE_CODE(lookups[1].status, Code::not_found);
        for (const std::size_t i : {0U, 2U}) {
            REQUIRE_OK(lookups[i].status);
            REQUIRE(lookups[i].value == value);
            REQUIRE(lookups[i].info.value_size == value.size());
            REQUIRE(lookups[i].info.version == lookups[0].info.version);
        }
    }
}

}  // namespace

TEST_CASE("keys and values of all lengths are read as they were written") {
    const TemporaryDirectory directory;
    Options options;
    options.capacity = 64U << 20U;
    Cache cache = opened(Cache::create(directory.file("cache"), options));
    const WriteOptions& kind = kKinds.at(GENERATE(0U, 1U, 2U));
    for (std::size_t k = 0; k < kKeys.size(); ++k) {
        const std::string key = filled(kKeys[k], k);
        std::string former;
        for (std::size_t v = 0; v < kValues.size(); ++v) {
            INFO("a key of " << kKeys[k] << " bytes, a value of " << kValues[v]);
            const std::string value = filled(kValues[v], v);
            REQUIRE_OK(cache.set(key, value, kind));
            check_strings(cache, key, value);
            check_buffers(cache, key, value);
            check_batch(cache, key, value);
            // Of the same length, but another: nothing of the former one stays in what is reused.
            const std::string other = filled(kValues[v], v + 41);
            std::string read = value;
            REQUIRE_OK(cache.set(key, other, kind));
            REQUIRE_OK(cache.get(key, read));
            REQUIRE(read == other);
            former = other;
        }
        // A key that is nearly the same is another.
        std::string near = key;
        near.back() = static_cast<char>(near.back() ^ 1);
        std::string read(former.size(), '#');
        REQUIRE_CODE(cache.get(near, read), Code::not_found);
        REQUIRE_OK(cache.get(key, read));
        REQUIRE(read == former);
    }
}

TEST_CASE("hits and misses are counted once, whichever way they are found") {
    const TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("cache"), {}));
    const WriteOptions& kind = kKinds.at(GENERATE(0U, 1U, 2U));
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    for (const std::size_t key_bytes : kKeys) {
        for (const std::size_t value_bytes : kValues) {
            const std::string key = filled(key_bytes, value_bytes);
            const std::string value = filled(value_bytes, key_bytes);
            REQUIRE_OK(cache.set(key, value, kind));
            std::string read = value;
            std::string buffer(value.size(), '#');
            for (int i = 0; i < 5; ++i) {
                REQUIRE_OK(cache.get(key, read));
                REQUIRE_OK(cache.get(key, std::as_writable_bytes(std::span(buffer))));
                hits += 2;
            }
            REQUIRE_OK(cache.remove(key));
            REQUIRE_CODE(cache.get(key, read), Code::not_found);
            REQUIRE_CODE(cache.get(key, std::as_writable_bytes(std::span(buffer))), Code::not_found);
            misses += 2;
        }
    }
    const Stats stats = stats_of(cache);
    CHECK(stats.counters.hits == hits);
    CHECK(stats.counters.misses == misses);
    // Three marks a record at most, then its counter is full.
    CHECK(stats.counters.hit_marks == kKeys.size() * kValues.size() * 3);
}

TEST_CASE("any kind of record takes the place of any other, and is counted once") {
    const TemporaryDirectory directory;
    Options options;
    options.capacity = 64U << 20U;
    Cache cache = opened(Cache::create(directory.file("cache"), options));
    std::uint64_t sets = 0;
    for (const std::size_t key_bytes : {1U, 17U, 255U, 256U}) {
        for (const std::size_t length : {0U, 100U, 2047U, 2048U, 2049U, 300'000U}) {
            for (const WriteOptions& before : kKinds) {
                for (const WriteOptions& after : kKinds) {
                    const std::string key = filled(key_bytes, length);
                    const std::string value = filled(length, sets);
                    REQUIRE_OK(cache.set(key, filled(length + 1, sets), before));
                    REQUIRE_OK(cache.set(key, value, after));
                    sets += 2;
                    std::string read;
                    RecordInfo info;
                    REQUIRE_OK(cache.get(key, read, &info));
                    REQUIRE(read == value);
                    REQUIRE((info.expires_at_ms != 0) == !after.ttl.is_never());
                    REQUIRE(info.flags == after.flags);
                    REQUIRE(stats_of(cache).counters.sets == sets);
                }
            }
        }
    }
    CHECK(stats_of(cache).counters.replaced == sets - std::uint64_t{4} * 6);
    require_clean(cache);
}
