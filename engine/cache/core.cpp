#include "engine/cache/core.hpp"

#include <cstdlib>

namespace larder::cache {

// calloc, not a vector: large zeroed allocations take no memory until they are touched.
FirstSight::FirstSight(std::uint64_t bytes)
    : bits_(static_cast<std::atomic<std::uint8_t>*>(
          std::calloc(bytes / kLargeBytes / 8 + 1, 1))),  // NOLINT(cppcoreguidelines-no-malloc)
      length_(bits_ == nullptr ? 0 : bytes / kLargeBytes / 8 + 1) {}

FirstSight::~FirstSight() { std::free(bits_); }  // NOLINT(cppcoreguidelines-no-malloc)

}  // namespace larder::cache
