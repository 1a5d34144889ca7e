// libFuzzer over the file image (tests/damage/fuzz_input.hpp says how its bytes are read). By hand:
//   cmake -S . -B build/fuzz -DCMAKE_CXX_COMPILER=clang++-14 -DLARDER_FUZZ=ON && cmake --build build/fuzz --target image_fuzz
//   build/fuzz/tests/fuzz/image_fuzz -timeout=5 -max_len=512 -jobs=2 CORPUS
// A crash, a sanitizer's report, a hang (-timeout) or a value that was never stored ends it, with the input in a file.
#include "tests/damage/fuzz_input.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

using larder::tests::FuzzInput;

FuzzInput& input() {
    static FuzzInput the_input;
    return the_input;
}

void tell_counts() {
    const auto& counts = input().counts();
    std::fprintf(stderr, "%llu files taken (%llu recovered), %llu refused; %llu values read and right, %llu failed their check\n",
                 static_cast<unsigned long long>(counts.taken), static_cast<unsigned long long>(counts.recovered),
                 static_cast<unsigned long long>(counts.refused), static_cast<unsigned long long>(counts.values),
                 static_cast<unsigned long long>(counts.corrupt_reads));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
    (void)input();
    return std::atexit(tell_counts);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string wrong = input().run({data, size});
    if (wrong.empty()) return 0;
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
}
