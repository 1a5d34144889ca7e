#include "engine/format/hash.hpp"
#include "tests/support/check.hpp"

#include <cstdint>
#include <string>

using larder::format::KeyHash;

TEST_CASE("keys of every length hash as XXH3 with the seed does") {
    std::string key;
    for (unsigned length = 0; length < 600; ++length) {
        for (const std::uint64_t seed :
             {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{0x123456789abcdef0}}) {
            INFO(length << " bytes, seed " << seed);
            REQUIRE(KeyHash(seed)(key) == XXH3_64bits_withSeed(key.data(), key.size(), seed));
        }
        key.push_back(static_cast<char>(length * 37 + 11));
    }
}
