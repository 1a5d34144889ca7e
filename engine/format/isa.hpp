// The instruction set that a source is compiled for. What differs by it lies in the inline namespace LARDER_ISA, so that the
// linker never takes the code of one for that of the other.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX2__)
#define LARDER_ISA avx2
#else
#define LARDER_ISA portable
#endif
