// Keeping the compiler from knowing too much.
#pragma once

#include <cstdint>

namespace larder::platform {

/// The same number, of which the compiler does not know that it is.
inline std::uint64_t opaque(std::uint64_t number) noexcept {
    asm("" : "+r"(number));
    return number;
}

}  // namespace larder::platform
