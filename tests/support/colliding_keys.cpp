#include "tests/support/colliding_keys.hpp"

#include "engine/format/hash.hpp"
#include "engine/format/slot.hpp"

#include <unordered_map>

namespace larder::tests {

std::vector<std::string> colliding_keys(std::uint64_t hash_seed, std::size_t count) {
    constexpr std::uint64_t kBuckets = 256;
    const format::KeyHash hash_of(hash_seed);
    std::unordered_map<std::uint64_t, std::vector<std::string>> classes;
    for (std::uint64_t i = 0;; ++i) {
        std::string key = "twin " + std::to_string(i);
        const std::uint64_t hash = hash_of(key);
        const std::uint64_t tag = format::tag_from_hash(hash);
        // Empty slots look as if they had the tag 0.
        if (tag == 0) continue;
        std::vector<std::string>& keys = classes[tag * kBuckets + hash % kBuckets];
        keys.push_back(std::move(key));
        if (keys.size() == count) return keys;
    }
}

}  // namespace larder::tests
