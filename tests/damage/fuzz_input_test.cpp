// What the fuzzer (tests/fuzz) does with its inputs, done here with random ones, so that it is built and tried by all.
#include "tests/damage/fuzz_input.hpp"
#include "tests/support/check.hpp"

#include <iostream>
#include <vector>

using namespace larder;
using namespace larder::tests;

TEST_CASE("random inputs of the fuzzer harm nobody") {
    FuzzInput input;
    const std::uint64_t count = iterations(500);
    for (std::uint64_t i = 0; i < count; ++i) {
        Random random(mix(seed()) + i);
        std::vector<std::uint8_t> bytes(5 + random.skewed(200));
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
        const std::string wrong = input.run(bytes);
        INFO("LARDER_SEED=" << seed() << ", input " << i << ": " << wrong);
        if (!wrong.empty()) REQUIRE(wrong.empty());
    }
    std::cout << count << " inputs: " << input.counts().taken << " files taken, " << input.counts().refused << " refused; "
              << input.counts().values << " values read and right\n";
    CHECK(input.counts().values > 0);
}
