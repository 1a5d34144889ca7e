// Which large records this handle has verified already: one bit for each KiB of the segments, private to the handle.
//
// Records of a KiB and more never begin in the same KiB. A bit that outlives its record does no harm: what is written
// after this handle attached was written by a living process, not by whatever damaged the file before.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace larder::cache {

class FirstSight {
  public:
    static constexpr std::uint64_t kLargeBytes = 1024;

    FirstSight() = default;
    /// For `bytes` of segments. Memory is taken as bits are set.
    explicit FirstSight(std::uint64_t bytes);
    FirstSight(FirstSight&& other) noexcept
        : bits_(std::exchange(other.bits_, nullptr)), length_(std::exchange(other.length_, 0)) {}
    FirstSight& operator=(FirstSight&& other) noexcept {
        std::swap(bits_, other.bits_);
        std::swap(length_, other.length_);
        return *this;
    }
    ~FirstSight();

    bool seen(std::uint64_t position) const noexcept {
        const std::uint64_t bit = position / kLargeBytes;
        return bit / 8 < length_ && ((bits_[bit / 8].load(std::memory_order_relaxed) >> (bit % 8)) & 1) != 0;
    }
    void mark(std::uint64_t position) const noexcept {
        const std::uint64_t bit = position / kLargeBytes;
        if (bit / 8 < length_) bits_[bit / 8].fetch_or(static_cast<std::uint8_t>(1u << (bit % 8)), std::memory_order_relaxed);
    }

  private:
    std::atomic<std::uint8_t>* bits_ = nullptr;
    std::uint64_t length_ = 0;
};

}  // namespace larder::cache
