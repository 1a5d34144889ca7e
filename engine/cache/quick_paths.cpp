#include "engine/cache/quick_paths_body.hpp"
#include "engine/platform/processor.hpp"

namespace larder::cache {

#if defined(__x86_64__)
extern const QuickPaths quick_paths_avx2;
extern const QuickPaths guarded_paths_avx2;
#endif

const QuickPaths& quick_paths(bool guarded) noexcept {
#if defined(__x86_64__)
    if (platform::has_avx2_and_bmi()) return guarded ? guarded_paths_avx2 : quick_paths_avx2;
#endif
    return guarded ? quick::kGuardedPaths : quick::kPaths;
}

}  // namespace larder::cache
