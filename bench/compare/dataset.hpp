// What all stores are given: keys, values, and the order in which they are asked for, all made before anything is measured.
//
// A step carries its key's bytes, so that walking the order is one sequential stream and no cache miss of its own.
#pragma once

#include "compare/random.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder::bench {

inline constexpr std::size_t kKeySize = 17;
inline constexpr std::size_t kBatch = 16;
/// Steps between two looks at the clock; the length of every order is a multiple of it.
inline constexpr std::size_t kChunk = 64;
inline constexpr unsigned kWorkers = 2;

struct Step {
    char bytes[kKeySize];
    std::uint8_t write;    ///< in mixed workloads: this step stores
    std::uint16_t window;  ///< which value it stores
    std::uint32_t id;

    std::string_view key() const noexcept { return {bytes, kKeySize}; }
};
static_assert(sizeof(Step) == 24);

/// Writes `user:%012d` into 17 bytes.
void write_key(std::uint32_t id, char* out) noexcept;

/// Values are windows onto one small pool of random bytes, each beginning with its own number, so that an answer shows which
/// value it claims to be and every byte of it can be checked.
class Values {
  public:
    static constexpr std::uint32_t kWindows = 512;
    explicit Values(std::uint32_t size);
    std::string_view of(std::uint32_t window) const noexcept { return {pool_.data() + window * kStride, size_}; }
    std::uint32_t size() const noexcept { return size_; }
    /// Whether the bytes are one of the values, whole.
    bool is_whole(std::string_view bytes) const noexcept;

  private:
    static constexpr std::uint32_t kStride = 128;
    std::uint32_t size_;
    std::string pool_;
};

/// The window that a record holds after the fill.
inline std::uint16_t first_window(std::uint32_t id) noexcept { return static_cast<std::uint16_t>(id % Values::kWindows); }

/// Draws ranks 0 .. n-1 with probability proportional to 1 / (rank + 1)^theta, by a table of sums.
class Zipf {
  public:
    Zipf(std::uint32_t n, double theta);
    std::uint32_t draw(Random& random) const noexcept;

  private:
    static constexpr std::size_t kGuides = std::size_t{1} << 16U;
    std::vector<double> sums_;
    std::vector<std::uint32_t> guide_;  // first rank whose sum reaches i / kGuides
};

/// Steps in memory that forked processes share.
class Order {
  public:
    explicit Order(std::size_t steps);
    std::span<Step> steps() noexcept { return {steps_.get(), count_}; }
    std::span<const Step> steps() const noexcept { return {steps_.get(), count_}; }

  private:
    struct Unmap {
        std::size_t bytes = 0;
        void operator()(Step* steps) const noexcept;
    };
    std::size_t count_;
    std::unique_ptr<Step, Unmap> steps_;
};

enum class Choice : std::uint8_t { uniform, zipfian };

/// One shape of data (so many records of such a size) with the orders of all workers.
class Dataset {
  public:
    Dataset(std::uint32_t records, std::uint32_t value_size, std::uint32_t steps, bool with_zipfian);
    std::uint32_t records() const noexcept { return records_; }
    const Values& values() const noexcept { return values_; }
    /// Every record once, in no order of keys.
    std::span<const Step> all() const noexcept { return all_.steps(); }
    std::span<const Step> order(Choice choice, unsigned worker) const noexcept {
        return (choice == Choice::uniform ? uniform_ : zipfian_)[worker].steps();
    }

  private:
    std::uint32_t records_;
    Values values_;
    Order all_;
    std::vector<Order> uniform_;
    std::vector<Order> zipfian_;
};

}  // namespace larder::bench
