// What workers have begun and finished, in memory that outlives them, so that it is known what a killed one left behind.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace larder::tests {

constexpr std::size_t kPrivateKeys = 64;
constexpr std::size_t kSharedCounters = 8;
constexpr std::size_t kMostWorkers = 32;

/// One worker's, whoever plays it. The numbers behind `begun` are written before a call, those behind `done` after it.
struct JournalLine {
    std::atomic<std::uint64_t> incarnation;
    std::atomic<std::uint64_t> operations;
    std::atomic<std::uint64_t> longest_ns;  ///< the longest that one of them took
    std::array<std::atomic<std::uint64_t>, kPrivateKeys> begun;
    std::array<std::atomic<std::uint64_t>, kPrivateKeys> done;
    std::array<std::atomic<std::int64_t>, kSharedCounters> counts_begun;
    std::array<std::atomic<std::int64_t>, kSharedCounters> counts_done;
};

struct JournalPlan {
    std::atomic<std::uint64_t> stop;  ///< not zero: all workers end
    std::array<JournalLine, kMostWorkers> lines;
};

/// The file, mapped.
class Journal {
  public:
    /// Opens it, or makes an empty one.
    explicit Journal(const std::string& path);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    JournalPlan& plan() const noexcept { return *plan_; }
    JournalLine& line(std::size_t worker) const noexcept { return plan_->lines.at(worker); }
    void stop() const noexcept { plan_->stop.store(1); }

  private:
    JournalPlan* plan_ = nullptr;
};

}  // namespace larder::tests
