#include "tests/support/random.hpp"

#include <cstdlib>
#include <random>

namespace larder::tests {

std::uint64_t environment_number(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') return otherwise;
    return std::strtoull(text, nullptr, 0);
}

std::uint64_t seed() {
    static const std::uint64_t value = environment_number("LARDER_SEED", std::random_device()());
    return value;
}

std::uint64_t iterations(std::uint64_t otherwise) {
    return environment_number("LARDER_ITERATIONS", kSanitized && otherwise >= 10 ? otherwise / 5 : otherwise);
}

}  // namespace larder::tests
