// The smallest and largest keys and values, and what lies beyond them.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::size_t kLongestKey = 65'535;

std::string pattern(std::size_t length, std::uint64_t start) {
    Random random(start);
    std::string bytes(length, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random.next());
    return bytes;
}

/// Every operation that takes a key, with this one.
void require_key_refused(Cache& cache, std::string_view key, Code expected) {
    std::string value = "untouched";
    std::byte buffer[8];
    CHECK_CODE(cache.get(key, value), expected);
    CHECK(value == "untouched");
    CHECK_CODE(cache.get(key, std::span<std::byte>(buffer)), expected);
    CHECK_CODE(cache.get(key), expected);
    CHECK_CODE(cache.get<int>(key), expected);
    CHECK_CODE(cache.contains(key), expected);
    CHECK_CODE(cache.info(key), expected);
    CHECK_CODE(cache.set(key, "v"), expected);
    CHECK_CODE(cache.set(key, 1), expected);
    CHECK_CODE(cache.add(key, "v"), expected);
    CHECK_CODE(cache.replace(key, "v"), expected);
    CHECK_CODE(cache.compare_and_swap(key, "v", 1), expected);
    CHECK_CODE(cache.remove(key), expected);
    CHECK_CODE(cache.touch(key, Ttl::never()), expected);
    CHECK_CODE(cache.get_and_touch(key, Ttl::never(), value), expected);
    CHECK_CODE(cache.increment(key), expected);
    CHECK_CODE(cache.decrement(key), expected);
    CHECK_CODE(cache.append(key, "v"), expected);
    CHECK_CODE(cache.prepend(key, "v"), expected);
    const std::string_view keys[]{key, "good"};
    Lookup answers[2];
    CHECK(cache.get_many(keys, answers) == 1);
    CHECK_CODE(answers[0].status, expected);
    CHECK(answers[1].value == "value");
    const Write writes[]{{key, "v"}, {"good", "value"}};
    Status statuses[2];
    CHECK(cache.set_many(writes, statuses) == 1);
    CHECK_CODE(statuses[0], expected);
    CHECK_CODE(statuses[1], Code::ok);
    CHECK(cache.remove_many(std::span(keys, 1), std::span(statuses, 1)) == 0);
    CHECK_CODE(statuses[0], expected);
}

}  // namespace

TEST_CASE("keys that no cache takes") {
    TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    REQUIRE_OK(cache.set("good", "value"));
    SECTION("empty") { require_key_refused(cache, "", Code::invalid_argument); }
    SECTION("null") { require_key_refused(cache, std::string_view(), Code::invalid_argument); }
    SECTION("one byte too long") { require_key_refused(cache, std::string(kLongestKey + 1, 'k'), Code::too_large); }
    SECTION("a megabyte") { require_key_refused(cache, std::string(1U << 20U, 'k'), Code::too_large); }
    CHECK(stats_of(cache).records == 1);
    CHECK(value_of(cache, "good") == "value");
    require_clean(cache);
}

TEST_CASE("the longest key takes every operation") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = GENERATE(1U << 20U, 64U << 20U);
    auto cache = opened(Cache::create(directory.file("c"), options));
    const auto key = pattern(kLongestKey, 1);
    auto other = key;
    other.back() = static_cast<char>(other.back() ^ 1);
    REQUIRE_OK(cache.set(key, "one"));
    CHECK_CODE(cache.get(other), Code::not_found);
    REQUIRE_OK(cache.append(key, " two"));
    REQUIRE_OK(cache.prepend(key, "zero "));
    CHECK(value_of(cache, key) == "zero one two");
    REQUIRE_OK(cache.set(other, 5));
    CHECK_CODE(cache.add(key, "v"), Code::exists);
    REQUIRE_OK(cache.replace(key, "41"));
    CHECK(*cache.increment(key) == 42);
    REQUIRE_OK(cache.touch(key, Ttl::after(std::chrono::hours(1))));
    CHECK(*cache.get<int>(other) == 5);
    std::size_t seen = 0;
    REQUIRE_OK(cache.for_each({}, [&](const RecordView& record) {
        CHECK((record.key == key || record.key == other));
        ++seen;
        return true;
    }));
    CHECK(seen == 2);
    const std::string largest = pattern(cache.max_value_size(), 2);
    REQUIRE_OK(cache.set(key, largest));
    CHECK((value_of(cache, key) == largest));
    REQUIRE_OK(cache.remove(key));
    CHECK_CODE(cache.contains(key), Code::not_found);
    CHECK(*cache.get<int>(other) == 5);
    require_clean(cache);
}

TEST_CASE("keys and values may hold any bytes, zeros among them") {
    TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    for (unsigned byte = 0; byte < 256; ++byte) {
        const std::string key(1, static_cast<char>(byte));
        REQUIRE_OK(cache.set(key, "short " + key));
        REQUIRE_OK(cache.set(key + '\0', "long " + key + '\0'));
    }
    for (unsigned byte = 0; byte < 256; ++byte) {
        const std::string key(1, static_cast<char>(byte));
        CHECK(value_of(cache, key) == "short " + key);
        CHECK(value_of(cache, key + '\0') == "long " + key + '\0');
        CHECK_CODE(cache.get(key + '\0' + '\0'), Code::not_found);
    }
    CHECK(stats_of(cache).records == 512);
    require_clean(cache);
}

TEST_CASE("keys of all lengths live side by side") {
    TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    const std::string bytes = pattern(600, 3);
    for (std::size_t length = 1; length <= bytes.size(); ++length) {
        REQUIRE_OK(cache.set(std::string_view(bytes).substr(0, length), std::string(length, 'v')));
    }
    for (std::size_t length = 1; length <= bytes.size(); ++length) {
        REQUIRE(value_of(cache, std::string_view(bytes).substr(0, length)) == std::string(length, 'v'));
    }
    require_clean(cache);
}

TEST_CASE("an empty value is a value") {
    TemporaryDirectory directory;
    auto cache = opened(Cache::create(directory.file("c")));
    std::string value = "before";
    RecordInfo info;
    SECTION("set") { REQUIRE_OK(cache.set("key", "")); }
    SECTION("from null") { REQUIRE_OK(cache.set("key", std::string_view())); }
    SECTION("add") { REQUIRE_OK(cache.add("key", "")); }
    REQUIRE_OK(cache.get("key", value, &info));
    CHECK(value.empty());
    CHECK(info.value_size == 0);
    CHECK_CODE(cache.contains("key"), Code::ok);
    auto length = cache.get("key", std::span<std::byte>());
    REQUIRE_OK(length);
    CHECK(*length == 0);
    CHECK_CODE(cache.get<int>("key"), Code::size_mismatch);
    CHECK_CODE(cache.increment("key"), Code::not_a_number);
    REQUIRE_OK(cache.append("key", "tail"));
    CHECK(value_of(cache, "key") == "tail");
}

TEST_CASE("values up to the largest, and one byte more") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = GENERATE(1U << 20U, 3U << 20U, 16U << 20U, 64U << 20U);
    INFO("capacity " << options.capacity);
    auto cache = opened(Cache::create(directory.file("c"), options));
    const std::uint64_t limit = cache.max_value_size();
    REQUIRE(limit == options.capacity / 8);
    const std::string bytes = pattern(limit + 1, 4);
    const std::string_view largest = std::string_view(bytes).substr(0, limit);
    std::uint64_t version = 0;
    REQUIRE_OK(cache.set("key", largest, {}, &version));
    CHECK((value_of(cache, "key") == largest));
    CHECK_CODE(cache.set("key", bytes), Code::too_large);
    CHECK_CODE(cache.replace("key", bytes), Code::too_large);
    CHECK_CODE(cache.compare_and_swap("key", bytes, version), Code::too_large);
    CHECK_CODE(cache.append("key", "x"), Code::too_large);
    CHECK_CODE(cache.prepend("key", "x"), Code::too_large);
    CHECK_CODE(cache.add("other", bytes), Code::too_large);
    CHECK_CODE(cache.set("other", bytes), Code::too_large);
    const Write writes[]{{"other", bytes}};
    Status statuses[1];
    CHECK(cache.set_many(writes, statuses) == 0);
    CHECK_CODE(statuses[0], Code::too_large);
    CHECK((value_of(cache, "key") == largest));
    CHECK(version_of(cache, "key") == version);
    CHECK_CODE(cache.contains("other"), Code::not_found);
    require_clean(cache);
}

TEST_CASE("the largest values go on fitting, again and again") {
    TemporaryDirectory directory;
    Options options;
    options.capacity = GENERATE(1U << 20U, 8U << 20U);
    auto cache = opened(Cache::create(directory.file("c"), options));
    for (unsigned round = 0; round < 100; ++round) {
        const auto bytes = pattern(cache.max_value_size() - round % 3, round);
        const auto key = "key " + std::to_string(round % 20);
        REQUIRE_OK(cache.set(key, bytes));
        REQUIRE((value_of(cache, key) == bytes));
    }
    require_accounts_balance(stats_of(cache));
    require_clean(cache);
}

TEST_CASE("values of every size around the powers of two come back whole") {
    TemporaryDirectory directory;
    Options options;
    options.read_check = GENERATE(ReadCheck::always, ReadCheck::never);
    auto cache = opened(Cache::create(directory.file("c"), options));
    for (std::size_t power = 1; power <= cache.max_value_size(); power *= 2) {
        for (const std::size_t length : {power - 1, power, power + 1}) {
            const auto bytes = pattern(std::min<std::size_t>(length, cache.max_value_size()), length);
            REQUIRE_OK(cache.set("key", bytes));
            REQUIRE((value_of(cache, "key") == bytes));
            std::vector<std::byte> buffer(bytes.size());
            auto copied = cache.get("key", std::span(buffer));
            REQUIRE_OK(copied);
            REQUIRE(*copied == bytes.size());
            REQUIRE((std::string_view(reinterpret_cast<const char*>(buffer.data()), buffer.size()) == bytes));
        }
    }
    require_clean(cache);
}
