// Compiled for AVX2 and BMI (engine/CMakeLists.txt). tests/lint/instruction_sets.py sees to it that nothing leaks from here.
#include "engine/cache/quick_paths_body.hpp"

#if defined(__x86_64__)

namespace larder::cache {

extern const QuickPaths quick_paths_avx2;
constinit const QuickPaths quick_paths_avx2 = quick::kPaths;
extern const QuickPaths guarded_paths_avx2;
constinit const QuickPaths guarded_paths_avx2 = quick::kGuardedPaths;

}  // namespace larder::cache

#endif
