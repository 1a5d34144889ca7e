// Counts of durations in steps of about 1.5 %, so that recording one costs a few nanoseconds and no memory grows.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace larder::bench {

class Histogram {
  public:
    void add(std::uint64_t value) noexcept {
        ++counts_[cell(value)];
        ++total_;
        largest_ = std::max(largest_, value);
    }
    void merge(const Histogram& other) noexcept {
        for (std::size_t i = 0; i < kCells; ++i) counts_[i] += other.counts_[i];
        total_ += other.total_;
        largest_ = std::max(largest_, other.largest_);
    }
    std::uint64_t total() const noexcept { return total_; }
    std::uint64_t largest() const noexcept { return largest_; }
    /// The smallest recorded step that at least this share (0 to 1) of the values does not exceed.
    std::uint64_t quantile(double share) const noexcept {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < kCells; ++i) {
            seen += counts_[i];
            if (seen > wanted) return middle(i);
        }
        return largest_;
    }

  private:
    // Values below 64 have a cell each; above, each power of two is cut into 64.
    static constexpr unsigned kBits = 6;
    static constexpr std::size_t kParts = std::size_t{1} << kBits;
    static constexpr std::size_t kCells = kParts * (64 - kBits + 1);

    static std::size_t cell(std::uint64_t value) noexcept {
        if (value < kParts) return static_cast<std::size_t>(value);
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
        return (shift + 1) * kParts + (static_cast<std::size_t>(value >> shift) - kParts);
    }
    static std::uint64_t middle(std::size_t index) noexcept {
        if (index < kParts) return index;
        const std::size_t shift = index / kParts - 1;
        const std::uint64_t low = (kParts + index % kParts) << shift;
        return low + ((std::uint64_t{1} << shift) >> 1U);
    }

    std::array<std::uint64_t, kCells> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t largest_ = 0;
};

}  // namespace larder::bench
