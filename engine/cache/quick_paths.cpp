#include "engine/cache/quick_paths_body.hpp"

namespace larder::cache {

#if defined(__x86_64__)
extern const QuickPaths quick_paths_avx2;
#endif

const QuickPaths& quick_paths() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
        return quick_paths_avx2;
#endif
    return quick::kPaths;
}

}  // namespace larder::cache
