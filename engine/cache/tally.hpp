// Counting without sharing: each thread adds to a stripe of its own, in the process's place in the process table or, for a
// read-only handle, in private memory.
#pragma once

#include "engine/format/process_entry.hpp"
#include "engine/platform/process.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

namespace larder::cache {

using format::Count;

class Tally {
  public:
    using Stripes = std::array<format::CounterStripe, format::kStripes>;

    /// Counts into the process table.
    explicit Tally(Stripes& stripes) noexcept : stripes_(&stripes) {}
    /// Counts into private memory.
    Tally() : private_(std::make_unique<Stripes>()), stripes_(private_.get()) {}

    void add(Count count, std::uint64_t n = 1) const noexcept {
        if (!add_own(count, n)) [[unlikely]]
            add_slowly(count, n);
    }
    /// add(), if this thread has a stripe of its own. False: nothing is counted.
    bool add_own(Count count, std::uint64_t n = 1) const noexcept {
        // An own stripe has one writer, so a load and a store do; the stripe of the many needs the atomic addition. A thread
        // without a number yet has none below kShared.
        const unsigned ordinal = platform::present_thread_ordinal;
        if (ordinal >= kShared) [[unlikely]]
            return false;
        auto& counter = (*stripes_)[ordinal].counts[static_cast<unsigned>(count)];
        counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
        return true;
    }

    /// One for each, in a row.
    void add_both(Count first, Count second) const noexcept {
        const unsigned ordinal = platform::present_thread_ordinal;
        if (ordinal >= kShared) [[unlikely]] {
            add_slowly(first, 1);
            add_slowly(second, 1);
            return;
        }
        auto& counts = (*stripes_)[ordinal].counts;
        add_one(counts[static_cast<unsigned>(first)]);
        add_one(counts[static_cast<unsigned>(second)]);
    }

    const Stripes& stripes() const noexcept { return *stripes_; }
    bool is_private() const noexcept { return private_ != nullptr; }

  private:
    static constexpr unsigned kShared = format::kStripes - 1;

    static void add_one(std::atomic<std::uint64_t>& counter) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    void add_slowly(Count count, std::uint64_t n) const noexcept;

    std::unique_ptr<Stripes> private_;
    Stripes* stripes_;
};

}  // namespace larder::cache
