// What the cache must answer, kept beside it: for each key the record that was stored last, until it is removed, expires,
// or an eviction may have taken it.
#pragma once

#include <larder/cache.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace larder::tests {

/// Clock readings right before and right after a call.
struct Window {
    std::int64_t before = 0;
    std::int64_t after = 0;
};

/// A record as it was stored. Between the two expiries it may be there or not; both are 0 when it never expires.
struct Expected {
    std::string value;
    std::uint32_t flags = 0;
    std::uint64_t version = 0;  ///< 0: not known yet
    std::int64_t expires_earliest = 0;
    std::int64_t expires_latest = 0;

    bool expires() const noexcept { return expires_latest != 0; }
};

class Expectation {
  public:
    /// `evictions` reads the cache's counter; it is asked only when a record is missing.
    explicit Expectation(std::function<std::uint64_t()> evictions) : evictions_(std::move(evictions)) {}

    /// Takes in what a call found out, and fails the test if that cannot be. Returns the record when it is present.
    Expected* settle(const std::string& key, bool present, const Window& window);
    /// Compares a record that was read with the one that was stored.
    void compare(const std::string& key, Expected& expected, std::string_view value, const RecordInfo& info);
    void compare(const std::string& key, Expected& expected, const RecordInfo& info);

    Expected& store(const std::string& key, Expected record);
    void forget(const std::string& key) { known_.erase(key); }
    void forget_all() { known_.clear(); }
    /// The record if it was stored, present or not; for choosing what to do.
    const Expected* find(const std::string& key) const;
    /// Fails the test if the key ever had this version.
    void require_new_version(const std::string& key, std::uint64_t version);

    const std::unordered_map<std::string, Expected>& known() const noexcept { return known_; }
    std::uint64_t lost() const noexcept { return lost_; }

  private:
    std::function<std::uint64_t()> evictions_;
    std::unordered_map<std::string, Expected> known_;
    std::unordered_set<std::uint64_t> versions_;
    std::uint64_t lost_ = 0;
};

}  // namespace larder::tests
