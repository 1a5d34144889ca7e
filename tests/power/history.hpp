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
    bool asks_for_info = false;  ///< of versions, which moved records then keep

    explicit HistoryPlan(Random& random);
};

class History {
  public:
    History(const std::string& path, Random& random);

    /// One random operation.
    void step();
    void flush();
    /// Closes the cache, which flushes it.
    void close();
    bool is_closing() const noexcept { return is_closing_; }
    void open_again();
    /// To be called while the whole file is written: if that completes a flush, what holds from then on is what is now.
    void note_flush();
    /// To be called at each moment whose pages may come to be on disk: notes what is not where the flush left it.
    void note_moves();
    /// Gives out, as it were, all generations that may be given out before the header must be flushed again.
    void use_up_generations();
    std::uint64_t keys() const noexcept { return plan_.keys; }
    const HistoryPlan& plan() const noexcept { return plan_; }
    const region::Region& region() const noexcept { return region_; }
    static std::string name_of(std::uint64_t key) { return "key " + std::to_string(key); }

    /// What is wrong with a cache that came back after the power failed, or nothing.
    std::string check(const Cache& cache, bool scan) const;
    /// How many keys must be there after a power cut now.
    std::uint64_t count_stable() const;

  private:
    /// A key as it was at a flush.
    struct Flushed {
        std::uint64_t sequence = 0;
        bool present = false;
        bool stable = false;        ///< its slot has been where and what it was then at each moment since
        std::uint64_t slot_at = 0;  ///< offset of its slot
        format::SlotWord word = 0;
    };

    void set(std::uint64_t key);
    void check_get(std::uint64_t key);
    void remove(std::uint64_t key);
    void resize();
    std::uint64_t pick_key();
    std::size_t size_for(std::uint64_t key, std::uint64_t sequence) const;
    const std::string& value_for(std::uint64_t key, std::uint64_t sequence) const;
    Flushed find_slot(std::uint64_t key) const;
    void note_moves(std::vector<Flushed>& keys) const;
    std::string check_value(std::uint64_t key, const std::string& value, const RecordInfo& info) const;
    std::string check_key(const Cache& cache, std::uint64_t key) const;
    std::string check_scan(const Cache& cache) const;

    Random& random_;
    HistoryPlan plan_;
    std::string path_;
    Cache cache_;
    bool is_closing_ = false;
    region::Region region_;
    std::vector<std::uint64_t> sequences_;  ///< of each key's last change, be it a set or a removal
    std::vector<Flushed> flushed_;          ///< at the last completed flush
    std::vector<Flushed> flushing_;         ///< at the last moment that was written whole
    /// Values that a check may meet, made when first asked for.
    mutable std::unordered_map<std::uint64_t, std::string> values_;
};

/// A value that no other key or sequence number has.
std::string make_value(std::uint64_t key, std::uint64_t sequence, std::size_t size);

}  // namespace larder::tests
