#include "tests/model/player.hpp"

#include <charconv>
#include <chrono>
#include <limits>
#include <optional>

namespace larder::tests {

namespace {

std::optional<std::int64_t> number_in(const std::string& text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end) return std::nullopt;
    return number;
}

std::optional<std::int64_t> sum_of(std::optional<std::int64_t> number, std::int64_t delta) {
    std::int64_t sum = 0;
    if (!number || __builtin_add_overflow(*number, delta, &sum)) return std::nullopt;
    return sum;
}

void require_ok(const Status& status) {
    if (!status.ok()) FAIL("code " << code_name(status.code()) << ": " << status.message());
}

}  // namespace

void Player::set() {
    const auto key = random_key();
    Expected record;
    record.value = random_value();
    const auto options = random_options(key, record);
    auto& cache = writer();
    require_ok(timed([&] { return cache.set(key, record.value, options, &record.version); }));
    stored(key, std::move(record));
}

void Player::add() {
    const auto key = random_key();
    Expected record;
    record.value = random_value();
    const auto options = random_options(key, record);
    auto& cache = writer();
    const Status status = timed([&] { return cache.add(key, record.value, options, &record.version); });
    const bool present = status.code() == Code::exists;
    if (!present) require_ok(status);
    expectation_.settle(key, present, window_);
    if (!present) stored(key, std::move(record));
}

void Player::replace() {
    const auto key = random_key();
    Expected record;
    record.value = random_value();
    const auto options = random_options(key, record);
    auto& cache = writer();
    const Status status = timed([&] { return cache.replace(key, record.value, options, &record.version); });
    if (expectation_.settle(key, found(status), window_) != nullptr) stored(key, std::move(record));
}

void Player::compare_and_swap() {
    const auto key = random_key();
    Expected record;
    record.value = random_value();
    const auto options = random_options(key, record);
    const Expected* previous = expectation_.find(key);
    const bool right = previous != nullptr && previous->version != 0 && random_.chance(80);
    const std::uint64_t version = right ? previous->version : random_.next() >> random_.below(64);
    auto& cache = writer();
    const Status status = timed([&] { return cache.compare_and_swap(key, record.value, version, options, &record.version); });
    const bool mismatch = status.code() == Code::version_mismatch;
    const Expected* expected = expectation_.settle(key, mismatch || found(status), window_);
    if (expected == nullptr) return;
    if (expected->version != 0 && mismatch == (expected->version == version)) {
        FAIL(code_name(status.code()) << " for version " << version << " where " << expected->version << " was stored");
    }
    if (!mismatch) stored(key, std::move(record));
}

void Player::set_many() {
    std::vector<std::string> keys(1 + random_.below(20));
    std::vector<Expected> records(keys.size());
    std::vector<Write> writes(keys.size());
    std::vector<Status> statuses(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        keys[i] = random_key();
        records[i].value = random_value();
        if (random_.chance(30)) records[i].flags = static_cast<std::uint32_t>(random_.next());
        writes[i].key = keys[i];
        writes[i].value = records[i].value;
        writes[i].options.flags = records[i].flags;
    }
    auto& cache = writer();
    const std::size_t count = timed([&] { return cache.set_many(writes, statuses); });
    for (const auto& status : statuses) require_ok(status);
    REQUIRE(count == keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) expectation_.store(keys[i], std::move(records[i]));
}

void Player::remove() {
    const auto key = random_key();
    auto& cache = writer();
    const Status status = timed([&] { return cache.remove(key); });
    expectation_.settle(key, found(status), window_);
    expectation_.forget(key);
}

void Player::remove_many() {
    std::vector<std::string> keys(1 + random_.below(10));
    for (auto& key : keys) key = random_key();
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    std::vector<Status> statuses(keys.size());
    auto& cache = writer();
    const std::size_t count = timed([&] { return cache.remove_many(views, statuses); });
    std::size_t counted = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (expectation_.settle(keys[i], found(statuses[i]), window_) != nullptr) ++counted;
        expectation_.forget(keys[i]);
    }
    REQUIRE(count == counted);
}

void Player::touch() {
    const auto key = random_key();
    Expected record;
    const Ttl ttl = random_ttl(key, record);
    auto& cache = writer();
    const Status status = timed([&] { return cache.touch(key, ttl); });
    Expected* expected = expectation_.settle(key, found(status), window_);
    if (expected == nullptr) return;
    count_from_write(record);
    expected->expires_earliest = record.expires_earliest;
    expected->expires_latest = record.expires_latest;
}

void Player::get_and_touch() {
    const auto key = random_key();
    Expected record;
    const Ttl ttl = random_ttl(key, record);
    std::string value = "untouched";
    RecordInfo info;
    auto& cache = writer();
    const Status status = timed([&] { return cache.get_and_touch(key, ttl, value, &info); });
    Expected* expected = expectation_.settle(key, found(status), window_);
    if (expected == nullptr) return;
    count_from_write(record);
    expected->expires_earliest = record.expires_earliest;
    expected->expires_latest = record.expires_latest;
    expectation_.compare(key, *expected, value, info);
}

void Player::increment() {
    const auto key = random_key();
    Expected record;
    const auto options = random_options(key, record);
    const auto delta = static_cast<std::int64_t>(random_.next() >> (1 + random_.below(62)));
    // Not what a sum is likely to be, so that the answer says whether the key was there.
    const auto initial = static_cast<std::int64_t>(random_.next());
    const bool down = random_.chance(30);
    auto& cache = writer();
    const auto result = timed(
        [&] { return down ? cache.decrement(key, delta, initial, options) : cache.increment(key, delta, initial, options); });
    const bool refused = result.code() == Code::not_a_number;
    if (!refused) require_ok(result.status());
    const bool present = refused || *result != initial;
    const Expected* expected = expectation_.settle(key, present, window_);
    if (expected != nullptr) {
        const auto sum = sum_of(number_in(expected->value), down ? -delta : delta);
        if (refused != !sum) FAIL(code_name(result.code()) << " for the value " << expected->value.substr(0, 40));
        if (refused) return;
        REQUIRE(*result == *sum);
        record.flags = expected->flags;
        if (options.ttl.is_never() || options.ttl.is_keep()) {
            relative_ = false;
            record.expires_earliest = expected->expires_earliest;
            record.expires_latest = expected->expires_latest;
        }
        kept_ = false;
    }
    record.value = std::to_string(*result);
    stored(key, std::move(record));
}

void Player::append() {
    const auto key = random_key();
    const auto piece = random_value();
    const bool front = random_.chance(50);
    auto& cache = writer();
    const Status status = timed([&] { return front ? cache.prepend(key, piece) : cache.append(key, piece); });
    const bool refused = status.code() == Code::too_large;
    const Expected* expected = expectation_.settle(key, refused || found(status), window_);
    if (expected == nullptr) return;
    REQUIRE(refused == (expected->value.size() + piece.size() > cache.max_value_size()));
    if (refused) return;
    Expected record = *expected;
    record.value = front ? piece + expected->value : expected->value + piece;
    record.version = 0;
    expectation_.store(key, std::move(record));
}

void Player::clear() {
    require_ok(writer().clear());
    expectation_.forget_all();
}

void Player::reopen() {
    for (auto& handle : handles_) {
        if (handle.is_open()) require_ok(handle.close());
    }
    Options options;
    const ReadCheck checks[]{ReadCheck::always, ReadCheck::never};
    for (std::size_t i = 0; i < handles_.size(); ++i) {
        options.read_check = checks[random_.below(2)];
        options.read_only = i == 2;
        handles_[i] = opened(Cache::open(directory_.file("c"), options));
    }
}

void Player::verify() {
    require_clean(reader());
    require_accounts_balance(stats_of(reader()));
}

void Player::flush() { require_ok(writer().flush()); }

void Player::resize() {
    if (!geometry_.resizing) return;
    const Stats stats = stats_of(handles_[0]);
    const std::uint64_t capacity = random_.between(geometry_.options.capacity, stats.reservation);
    require_ok(writer().resize(capacity));
    REQUIRE(stats_of(handles_[2]).capacity == capacity);
}

}  // namespace larder::tests
