#include "tests/model/player.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace larder::tests {

namespace {

constexpr std::size_t kPoolBytes = 256U << 10U;

/// Random bytes, but none that a number is written with, so that a value is a number only when it was meant to be.
std::string make_pool(Random& random) {
    std::string pool(kPoolBytes, '\0');
    for (auto& byte : pool) {
        byte = static_cast<char>(random.next());
        if ((byte >= '0' && byte <= '9') || byte == '+' || byte == '-') byte = 'x';
    }
    return pool;
}

}  // namespace

Player::Player(const Geometry& geometry, std::uint64_t start)
    : geometry_(geometry),
      random_(start),
      expectation_([this] { return stats_of(handles_[0]).counters.evictions; }),
      pool_(make_pool(random_)) {
    handles_[0] = opened(Cache::create(directory_.file("c"), geometry_.options));
    reopen();
}

const std::vector<Player::Choice>& Player::choices() {
    // Out of 100,000.
    static const std::vector<Choice> list{{29'890, &Player::get},
                                          {5'000, &Player::get_into_buffer},
                                          {4'000, &Player::contains},
                                          {4'000, &Player::info},
                                          {2'000, &Player::get_many},
                                          {24'000, &Player::set},
                                          {4'000, &Player::add},
                                          {4'000, &Player::replace},
                                          {4'000, &Player::compare_and_swap},
                                          {1'000, &Player::set_many},
                                          {5'000, &Player::remove},
                                          {500, &Player::remove_many},
                                          {3'000, &Player::touch},
                                          {2'000, &Player::get_and_touch},
                                          {4'000, &Player::increment},
                                          {3'500, &Player::append},
                                          {2, &Player::clear},
                                          {10, &Player::reopen},
                                          {10, &Player::verify},
                                          {4, &Player::flush},
                                          {4, &Player::resize},
                                          {20, &Player::scan}};
    return list;
}

void Player::step() {
    std::uint64_t total = 0;
    for (const auto& choice : choices()) total += choice.weight;
    std::uint64_t number = random_.below(total);
    for (const auto& choice : choices()) {
        if (number < choice.weight) return (this->*choice.operation)();
        number -= choice.weight;
    }
}

void Player::play(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i) {
        INFO("step " << i);
        step();
    }
}

void Player::finish() {
    scan();
    std::vector<std::string> keys;
    for (const auto& [key, record] : expectation_.known()) keys.push_back(key);
    std::uint64_t present = 0;
    for (const auto& key : keys) {
        std::string value;
        RecordInfo info;
        const Status status = timed([&] { return reader().get(key, value, &info); });
        Expected* expected = expectation_.settle(key, found(status), window_);
        if (expected == nullptr) continue;
        expectation_.compare(key, *expected, value, info);
        ++present;
    }
    const Stats stats = stats_of(handles_[0]);
    if (geometry_.expiring) REQUIRE(stats.records >= present);
    if (!geometry_.expiring) REQUIRE(stats.records == present);
    if (!geometry_.evicting) REQUIRE(stats.counters.evictions == 0);
    // Where the capacity goes up and down by chance, it may be enough all along.
    if (geometry_.evicting && !geometry_.resizing) REQUIRE(stats.counters.evictions > 0);
    verify();
    reopen();
    verify();
}

std::string Player::random_key() {
    const std::uint64_t number = random_.chance(50) ? random_.below(geometry_.keys) : random_.skewed(geometry_.keys - 1);
    if (number < 100) return std::string(1, static_cast<char>(number * 2 + 1));
    const std::uint64_t shape = mix(number);
    std::string key = std::to_string(number) + "/";
    const bool huge = geometry_.huge_keys && shape % 199 == 0;
    const std::size_t length = huge ? 65'535 : 1 + shape % 300;
    if (key.size() < length) key.append(pool_, shape % 1000, length - key.size());
    return key;
}

std::string Player::random_value() {
    if (random_.chance(10)) return std::to_string(static_cast<std::int64_t>(random_.next() >> random_.below(64)));
    const std::uint64_t most = handles_[0].max_value_size();
    std::uint64_t bound = geometry_.usual_value;
    if (random_.below(300) == 0) bound = geometry_.largest_value == 0 ? most : geometry_.largest_value;
    std::string value(random_.skewed(std::min(bound, most)), '\0');
    if (value.size() == bound && value.size() > 16) value.resize(value.size() - random_.below(3));
    std::size_t at = 0;
    std::size_t from = random_.below(kPoolBytes);
    while (at < value.size()) {
        const std::size_t piece = std::min(value.size() - at, kPoolBytes - from);
        std::memcpy(value.data() + at, pool_.data() + from, piece);
        at += piece;
        from = 0;
    }
    // No two long values are the same, so that a value that was replaced cannot pass for the one that replaced it.
    const std::uint64_t stamp = mix(++stamp_) | 0x8080808080808080U;
    if (value.size() >= sizeof stamp) std::memcpy(value.data(), &stamp, sizeof stamp);
    return value;
}

Ttl Player::random_ttl(const std::string& key, Expected& record) {
    relative_ = false;
    kept_ = false;
    record.expires_earliest = 0;
    record.expires_latest = 0;
    if (!geometry_.expiring || random_.chance(70)) return Ttl::never();
    const std::int64_t now = now_ms();
    const Expected* previous = expectation_.find(key);
    const bool near = previous != nullptr && previous->expires() && previous->expires_earliest < now + 60'000;
    const std::uint64_t kind = random_.below(100);
    if (kind < 20 && !near) {
        kept_ = true;
        if (previous != nullptr) record.expires_earliest = previous->expires_earliest;
        if (previous != nullptr) record.expires_latest = previous->expires_latest;
        return Ttl::keep();
    }
    if (kind < 60) {
        const auto at = now + static_cast<std::int64_t>(kind < 40 ? random_.below(40) : 3'600'000 + random_.below(1000));
        record.expires_earliest = record.expires_latest = at;
        return Ttl::at(at);
    }
    const auto duration = static_cast<std::int64_t>(kind < 80 ? random_.below(40) : 3'600'000 + random_.below(1000));
    relative_ = true;
    record.expires_earliest = record.expires_latest = duration;
    return Ttl::after(std::chrono::milliseconds(duration));
}

WriteOptions Player::random_options(const std::string& key, Expected& record) {
    WriteOptions options;
    options.ttl = random_ttl(key, record);
    if (random_.chance(30)) options.flags = static_cast<std::uint32_t>(random_.next());
    record.flags = options.flags;
    return options;
}

void Player::count_from_write(Expected& record) {
    if (!relative_) return;
    // A duration of zero makes a record that has expired already, at whatever time the cache writes down for it.
    record.expires_earliest = record.expires_earliest == 0 ? 1 : record.expires_earliest + window_.before;
    record.expires_latest += window_.after;
}

void Player::stored(const std::string& key, Expected record) {
    count_from_write(record);
    if (kept_ && record.expires()) settle_kept(key, record);
    expectation_.store(key, std::move(record));
}

void Player::settle_kept(const std::string& key, Expected& record) {
    const auto info = handles_[0].info(key);
    if (!info.ok() || info->expires_at_ms != 0) return;
    // The write met the key after its eviction.
    expectation_.settle(key, false, window_);
    record.expires_earliest = record.expires_latest = 0;
}

bool Player::found(const Status& status) {
    if (status.code() != Code::ok && status.code() != Code::not_found) {
        FAIL("code " << code_name(status.code()) << ": " << status.message());
    }
    return status.ok();
}

}  // namespace larder::tests
