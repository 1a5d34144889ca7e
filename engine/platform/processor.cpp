#include "engine/platform/processor.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace larder::platform {

#if defined(__x86_64__)

namespace {

// A processor without it takes lzcnt for another instruction. Not all compilers know its name in __builtin_cpu_supports().
bool has_lzcnt() noexcept {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid(0x80000001, &a, &b, &c, &d) != 0 && (c & bit_LZCNT) != 0;
}

}  // namespace

bool has_avx2_and_bmi() noexcept {
    static const bool has =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && has_lzcnt();
    return has;
}

#else

bool has_avx2_and_bmi() noexcept { return false; }

#endif

}  // namespace larder::platform
