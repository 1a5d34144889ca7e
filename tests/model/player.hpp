// Plays random operations on a cache through several handles, and checks each answer.
#pragma once

#include "tests/model/expectation.hpp"
#include "tests/support/check.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/random.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace larder::tests {

struct Geometry {
    Options options;
    std::uint64_t keys = 1000;         ///< how many different ones there are
    std::uint64_t usual_value = 4096;  ///< most values are no longer than this
    std::uint64_t largest_value = 0;   ///< some are up to this; 0: the largest that the cache takes
    bool expiring = true;              ///< some records get a TTL
    bool resizing = false;
    bool evicting = true;  ///< when false, nothing may be missing at all
    bool huge_keys = true;
};

class Player {
  public:
    Player(const Geometry& geometry, std::uint64_t start);
    void play(std::uint64_t steps);
    /// Looks at every key once more, and at what the cache says of itself.
    void finish();

  private:
    struct Choice {
        unsigned weight;
        void (Player::*operation)();
    };
    static const std::vector<Choice>& choices();
    void step();

    std::string random_key();
    std::string random_value();
    /// TTL and flags for a write, and what they will have made of the record, but for the value.
    WriteOptions random_options(const std::string& key, Expected& record);
    Ttl random_ttl(const std::string& key, Expected& record);
    Cache& writer() { return handles_[random_.below(2)]; }
    const Cache& reader() { return handles_[random_.below(3)]; }
    /// Runs the call between two looks at the clock.
    template <class Call>
    auto timed(Call&& call) {
        window_.before = now_ms();
        auto result = call();
        window_.after = now_ms();
        return result;
    }
    /// Takes in that a write with random_options() succeeded.
    void stored(const std::string& key, Expected record);
    void count_from_write(Expected& record);
    void settle_kept(const std::string& key, Expected& record);
    bool found(const Status& status);

    void get();
    void get_into_buffer();
    void contains();
    void info();
    void get_many();
    void scan();
    void set();
    void add();
    void replace();
    void compare_and_swap();
    void set_many();
    void remove();
    void remove_many();
    void touch();
    void get_and_touch();
    void increment();
    void append();
    void clear();
    void reopen();
    void verify();
    void flush();
    void resize();

    Geometry geometry_;
    Random random_;
    TemporaryDirectory directory_;
    std::array<Cache, 3> handles_;  ///< two that write, one that only reads
    Expectation expectation_;
    std::string pool_;
    std::uint64_t stamp_ = 0;
    Window window_;
    /// Of the write that random_options() was called for: the expiry counts from the write, or is the one before.
    bool relative_ = false;
    bool kept_ = false;
};

}  // namespace larder::tests
