#include "tests/model/player.hpp"

#include <cstring>
#include <unordered_set>

namespace larder::tests {

void Player::get() {
    const auto key = random_key();
    std::string value = "untouched";
    RecordInfo info;
    const auto& cache = reader();
    const Status status = timed([&] { return cache.get(key, value, &info); });
    Expected* expected = expectation_.settle(key, found(status), window_);
    if (expected != nullptr) expectation_.compare(key, *expected, value, info);
    if (expected == nullptr && value != "untouched") FAIL("a value came with not_found");
}

void Player::get_into_buffer() {
    const auto key = random_key();
    std::vector<std::byte> buffer(random_.skewed(8192));
    RecordInfo info;
    const auto& cache = reader();
    const auto length = timed([&] { return cache.get(key, std::span(buffer), &info); });
    const bool small = length.code() == Code::size_mismatch;
    Expected* expected = expectation_.settle(key, small || found(length.status()), window_);
    if (expected == nullptr) return;
    if (small != (expected->value.size() > buffer.size())) FAIL("size_mismatch at the wrong size");
    expectation_.compare(key, *expected, info);
    if (small) return;
    expectation_.compare(key, *expected, std::string_view(reinterpret_cast<const char*>(buffer.data()), *length), info);
}

void Player::contains() {
    const auto key = random_key();
    const auto& cache = reader();
    const Status status = timed([&] { return cache.contains(key); });
    expectation_.settle(key, found(status), window_);
}

void Player::info() {
    const auto key = random_key();
    const auto& cache = reader();
    const auto info = timed([&] { return cache.info(key); });
    Expected* expected = expectation_.settle(key, found(info.status()), window_);
    if (expected != nullptr) expectation_.compare(key, *expected, *info);
}

void Player::get_many() {
    std::vector<std::string> keys(1 + random_.below(20));
    for (auto& key : keys) key = random_key();
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    std::vector<Lookup> answers(keys.size());
    const bool versions = random_.chance(50);
    const auto& cache = reader();
    const std::size_t hits = timed([&] { return cache.get_many(views, answers, versions); });
    std::size_t counted = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        // The same key may be asked twice, and expire in between.
        const bool present = found(answers[i].status);
        Expected* expected = expectation_.settle(keys[i], present, window_);
        if (expected == nullptr) continue;
        ++counted;
        if (versions) expectation_.compare(keys[i], *expected, answers[i].value, answers[i].info);
        if (!versions && answers[i].value != expected->value) FAIL("a wrong value of " << answers[i].value.size() << " bytes");
    }
    REQUIRE(hits == counted);
}

void Player::scan() {
    ScanOptions options;
    options.keys_only = random_.chance(30);
    std::unordered_set<std::string> seen;
    const auto& cache = reader();
    window_.before = now_ms();
    // While the scan runs it is not known when it will end; a record that it shows has not expired before it began.
    window_.after = window_.before;
    const auto cursor = cache.for_each(options, [&](const RecordView& record) {
        const std::string key(record.key);
        if (!seen.insert(key).second) FAIL("a scan shows a key twice though nothing moves");
        Expected* expected = expectation_.settle(key, true, window_);
        if (options.keys_only) {
            expectation_.compare(key, *expected, record.info);
        } else {
            expectation_.compare(key, *expected, record.value, record.info);
        }
        return true;
    });
    window_.after = now_ms();
    REQUIRE_OK(cursor);
    REQUIRE(cursor->done);
    std::vector<std::string> missing;
    for (const auto& [key, record] : expectation_.known()) {
        if (seen.count(key) == 0) missing.push_back(key);
    }
    for (const auto& key : missing) expectation_.settle(key, false, window_);
}

}  // namespace larder::tests
