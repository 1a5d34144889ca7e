// The sum over payloads: what engine/FORMAT.md, section 9, says, in every form that the engine has of it.
#include "engine/format/payload_sum.hpp"
#include "tests/support/check.hpp"
#include "tests/support/random.hpp"

#include <cstring>
#include <string>

using namespace larder;
using namespace larder::tests;

namespace {

std::uint64_t word_at(const std::string& bytes, std::size_t position) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + position, sizeof word);
    return word;
}

std::uint64_t nh(std::uint64_t word, std::uint64_t key) {
    word ^= key;
    return (word & 0xffffffff) * (word >> 32);
}

// As the document has it, word by word.
std::uint64_t described_sum(std::string bytes) {
    const std::size_t unit = bytes.size() < format::kStripeBytes ? format::kLaneBytes : format::kStripeBytes;
    if (bytes.size() < format::kLaneBytes) bytes.resize(format::kLaneBytes);
    std::uint64_t sum = 0;
    std::size_t number = 0;
    auto add = [&](std::size_t position, std::size_t key, std::uint64_t step) {
        for (std::size_t i = 0; i < unit / 8; ++i)
            sum += nh(word_at(bytes, position + 8 * i), format::kSumKeys[key + i] + format::kSumStep * step);
    };
    for (; (number + 1) * unit <= bytes.size(); ++number)
        unit == format::kStripeBytes ? add(number * unit, 0, number) : add(number * unit, 2 * number, 0);
    if (bytes.size() % unit != 0)
        unit == format::kStripeBytes ? add(bytes.size() - unit, 0, number) : add(bytes.size() - unit, 6, 0);
    return sum;
}

std::string random_bytes(Random& random, std::size_t length) {
    std::string bytes(length, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    return bytes;
}

}  // namespace

TEST_CASE("the sum is what the document says, for all lengths and in all forms") {
    Random random(7);
    for (std::size_t length = 0; length < 1500; ++length) {
        const std::string bytes = random_bytes(random, length);
        const auto* at = reinterpret_cast<const std::byte*>(bytes.data());
        INFO("length " << length);
        const std::uint64_t sum = described_sum(bytes);
        REQUIRE(format::payload_sum(bytes.data(), length) == sum);
        if (length < format::kStripeBytes) continue;
        REQUIRE(format::sum::of_stripes<false>(at, nullptr, length) == sum);
        REQUIRE(format::sum::of_many(at, nullptr, length) == sum);
    }
}

TEST_CASE("a copy that is summed is a copy, and no byte beyond it is written") {
    Random random(8);
    for (std::size_t length = 0; length < 1500; length += 1 + length / 100) {
        const std::string bytes = random_bytes(random, length);
        std::string copy(length + 64, '#');
        INFO("length " << length);
        REQUIRE(format::copy_and_sum(copy.data(), bytes.data(), length) == described_sum(bytes));
        REQUIRE(copy.substr(0, length) == bytes);
        REQUIRE(copy.substr(length) == std::string(64, '#'));
    }
}

TEST_CASE("each changed bit changes the sum") {
    Random random(9);
    for (const std::size_t length : {1U, 8U, 15U, 16U, 17U, 31U, 63U, 64U, 65U, 100U, 127U, 128U, 700U}) {
        std::string bytes = random_bytes(random, length);
        const std::uint64_t sum = format::payload_sum(bytes.data(), length);
        for (std::size_t bit = 0; bit < length * 8; ++bit) {
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
            INFO("length " << length << ", bit " << bit);
            REQUIRE(format::payload_sum(bytes.data(), length) != sum);
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        }
    }
}
