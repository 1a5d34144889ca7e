// Units that many tests measure in.
#pragma once

#include <cstdint>

namespace larder::tests {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

}  // namespace larder::tests
