#include "engine/format/payload_sum.hpp"

namespace larder::format::sum {

std::uint64_t of_many_avx2(const std::byte* from, std::byte* to, std::size_t length) noexcept;

std::uint64_t of_many(const std::byte* from, std::byte* to, std::size_t length) noexcept {
#if defined(__x86_64__)
    static const bool has_all = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (has_all) return of_many_avx2(from, to, length);
#endif
    return to != nullptr ? of_stripes<true>(from, to, length) : of_stripes<false>(from, to, length);
}

}  // namespace larder::format::sum
