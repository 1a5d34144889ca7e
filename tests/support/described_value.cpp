#include "tests/support/described_value.hpp"

#include "tests/support/random.hpp"

#include <algorithm>
#include <cstring>

namespace larder::tests {

namespace {

struct Header {
    std::uint64_t key_hash;
    std::uint64_t sequence;
    std::uint64_t size;
    std::uint32_t writer;
    std::uint32_t zero;
    std::uint64_t checksum;
};
static_assert(sizeof(Header) == kLeastDescribed);

std::uint64_t hash_of(std::string_view key) {
    std::uint64_t hash = key.size();
    for (const char byte : key) hash = mix(hash ^ static_cast<unsigned char>(byte));
    return hash;
}

std::uint64_t checksum_of(const Header& header) {
    return mix(mix(mix(header.key_hash) ^ header.sequence) ^ header.size ^ (std::uint64_t{header.writer} << 32U) ^ header.zero);
}

/// The word of the body at this position.
std::uint64_t body_word(std::uint64_t start, std::size_t position) { return mix(start + position); }

std::string place(const char* what, std::size_t at, std::size_t size) {
    return std::string(what) + " at byte " + std::to_string(at) + " of " + std::to_string(size);
}

}  // namespace

void describe(std::string_view key, const Description& description, std::size_t size, std::string& value) {
    value.resize(std::max(size, sizeof(Header)));
    Header header{hash_of(key), description.sequence, value.size(), description.writer, 0, 0};
    header.checksum = checksum_of(header);
    std::memcpy(value.data(), &header, sizeof header);
    for (std::size_t at = sizeof header; at < value.size(); at += sizeof(std::uint64_t)) {
        const std::uint64_t word = body_word(header.checksum, at);
        std::memcpy(value.data() + at, &word, std::min(sizeof word, value.size() - at));
    }
}

std::string read_described(std::string_view key, std::string_view value, Description& description) {
    Header header{};
    if (value.size() < sizeof header) return "a value of " + std::to_string(value.size()) + " bytes";
    std::memcpy(&header, value.data(), sizeof header);
    if (header.checksum != checksum_of(header)) return "a torn header";
    if (header.key_hash != hash_of(key)) return "the value of another key";
    if (header.size != value.size()) return place("cut", value.size(), header.size);
    for (std::size_t at = sizeof header; at < value.size(); at += sizeof(std::uint64_t)) {
        const std::uint64_t word = body_word(header.checksum, at);
        if (std::memcmp(value.data() + at, &word, std::min(sizeof word, value.size() - at)) != 0) {
            return place("torn", at, value.size());
        }
    }
    description.writer = header.writer;
    description.sequence = header.sequence;
    return "";
}

}  // namespace larder::tests
