// A cache with a memory beside it: what was stored and removed, what the last flush made durable, and what has moved since.
#pragma once

#include "engine/region/region.hpp"
#include "tests/support/random.hpp"

#include <larder/cache.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace larder::tests {

/// What is random about one history.
struct HistoryPlan {
    Options options;
    std::uint64_t keys = 0;
    std::uint64_t usual_value = 0;

    explicit HistoryPlan(Random& random);
};

class History {
  public:
    History(const std::string& path, Random& random);

    /// One random operation.
    void step();
    void flush();
    /// To be called at each moment whose pages may come to be on disk: notes what is not where the flush left it.
    void note_moves();
    std::uint64_t keys() const noexcept { return plan_.keys; }
    const HistoryPlan& plan() const noexcept { return plan_; }
    const region::Region& region() const noexcept { return region_; }
    static std::string name_of(std::uint64_t key) { return "key " + std::to_string(key); }

    /// What is wrong with a cache that came back after the power failed, or nothing.
    std::string check(const Cache& cache, bool scan) const;
    /// How many keys must be there after a power cut now.
    std::uint64_t count_stable() const;

  private:
    struct KeyState {
        std::uint64_t sequence = 0;  ///< of its last change, be it a set or a removal
        std::uint64_t flushed = 0;   ///< sequence at the last flush
        bool present_at_flush = false;
        bool stable = false;        ///< its slot is where and what it was at the last flush
        std::uint64_t slot_at = 0;  ///< offset of its slot at the last flush
        format::SlotWord word = 0;
    };

    void set(std::uint64_t key);
    void remove(std::uint64_t key);
    void resize();
    std::uint64_t pick_key();
    std::size_t size_for(std::uint64_t key, std::uint64_t sequence) const;
    const std::string& value_for(std::uint64_t key, std::uint64_t sequence) const;
    void find_slot(std::uint64_t key);
    std::string check_value(std::uint64_t key, const std::string& value) const;
    std::string check_key(const Cache& cache, std::uint64_t key) const;
    std::string check_scan(const Cache& cache) const;

    Random& random_;
    HistoryPlan plan_;
    Cache cache_;
    region::Region region_;
    std::vector<KeyState> states_;
    /// Values that a check may meet, made when first asked for.
    mutable std::unordered_map<std::uint64_t, std::string> values_;
};

/// A value that no other key or sequence number has.
std::string make_value(std::uint64_t key, std::uint64_t sequence, std::size_t size);

}  // namespace larder::tests
