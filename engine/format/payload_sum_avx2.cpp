// Compiled for AVX2 (engine/CMakeLists.txt).
#include "engine/format/payload_sum.hpp"

namespace larder::format::sum {

std::uint64_t of_many_avx2(const std::byte* from, std::byte* to, std::size_t length) noexcept {
    return to != nullptr ? of_stripes<true>(from, to, length) : of_stripes<false>(from, to, length);
}

}  // namespace larder::format::sum
