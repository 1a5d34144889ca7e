// What the processor at hand can do.
#pragma once

namespace larder::platform {

/// AVX2, BMI, BMI2 and LZCNT: what quick_paths_avx2.cpp is compiled for. Asked once.
bool has_avx2_and_bmi() noexcept;

}  // namespace larder::platform
