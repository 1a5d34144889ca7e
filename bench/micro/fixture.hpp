// Caches that the benchmarks share: filled at first use, deleted at the end of the program.
#pragma once

#include <larder/cache.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::bench {

/// How much the caches hold and where they are made. Set from the command line before the first use.
struct MicroSettings {
    std::string dir = "/dev/shm";
    std::uint32_t large_records = 8'000'000;
};
MicroSettings& micro_settings();

/// 17 bytes, `user:%012d`.
std::string key_of(std::uint64_t id);

/// Ends the program with the status's message: a benchmark of a cache that fails says nothing.
void require(const Status& status);

/// Keys in a random order, so that no benchmark measures how they are made. A power of two of them.
class KeyOrder {
  public:
    /// Uniform over 0 .. records-1, from `first` on.
    KeyOrder(std::uint64_t first, std::uint64_t records, std::uint64_t seed);
    /// Zipfian, 0.99.
    static KeyOrder zipfian(std::uint32_t records, std::uint64_t seed);
    std::string_view at(std::uint64_t i) const noexcept { return {bytes_.data() + (i & kMask) * kStride, kSize}; }

  private:
    static constexpr std::uint64_t kCount = 1U << 20U;
    static constexpr std::uint64_t kMask = kCount - 1;
    static constexpr std::size_t kSize = 17;
    static constexpr std::size_t kStride = 24;
    KeyOrder() : bytes_(kCount * kStride, '\0') {}
    void write(std::uint64_t i, std::uint64_t id);
    std::vector<char> bytes_;
};

struct FilledCache {
    std::string path;
    std::uint32_t records;
    std::uint32_t value_size;
    Cache cache;
};

/// Fits the processor's second-level cache: 1,000 records of 100 bytes.
FilledCache& small_cache();
/// 8 million records of 100 bytes.
FilledCache& large_cache();
/// So many MiB of values of this size (4096 or 65536).
FilledCache& wide_cache(std::uint32_t value_size);
/// A path for a cache of the benchmark's own; it deletes what it makes there.
std::string scratch_path(const std::string& name);
/// Deletes all that is left. main() calls it.
void remove_caches();

}  // namespace larder::bench
