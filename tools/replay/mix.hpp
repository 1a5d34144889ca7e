// A 64-bit permutation whose output bits all depend on all input bits (splitmix64).
#pragma once

#include <cstdint>

namespace larder::tools::replay {

constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

}  // namespace larder::tools::replay
