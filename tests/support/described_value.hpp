// Values that say themselves whose they are, so that any reader can tell a right one from a wrong one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder::tests {

/// Who wrote a value, and as which of his.
struct Description {
    std::uint32_t writer = 0;
    std::uint64_t sequence = 0;
};

constexpr std::size_t kLeastDescribed = 40;

/// A value of at least kLeastDescribed bytes for the key; every byte of it follows from the arguments.
void describe(std::string_view key, const Description& description, std::size_t size, std::string& value);
/// Empty if the value is whole and one that was described for this key; else what is wrong with it.
std::string read_described(std::string_view key, std::string_view value, Description& description);

}  // namespace larder::tests
