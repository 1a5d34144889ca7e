// Bytes of a fuzzer, taken as damage to a cache file and as what is then done with it.
#pragma once

#include "tests/damage/image.hpp"
#include "tests/damage/usage.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace larder::tests {

/// First byte: which file (two bits), whether it is recovered (4), whether its identity is sealed again after the changes (8).
/// Four bytes: the seed of what is done with it. Then changes, each of them one of
///   0 to 127, three bytes of position among the pages that have content, that many mod 16 + 1 bytes to be put there;
///   128 to 255, four bytes: the seed of one change of Mutation.
class FuzzInput {
  public:
    FuzzInput();
    /// Damages a file so and uses it. Returns what was wrong; empty: nothing.
    std::string run(std::span<const std::uint8_t> bytes);
    const UsageCounts& counts() const noexcept { return counts_; }

  private:
    TemporaryDirectory directory_;
    std::array<std::unique_ptr<Image>, kFillings> images_;
    UsageCounts counts_;
};

}  // namespace larder::tests
