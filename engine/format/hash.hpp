// Hashing of keys and checksums of records: XXH3 (github.com/Cyan4973/xxHash), inlined.
#pragma once

#include <cstdint>
#include <string_view>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

namespace larder::format {

inline std::uint64_t hash_key(std::string_view key, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

inline std::uint64_t hash_bytes(const void* bytes, std::size_t length) noexcept { return XXH3_64bits(bytes, length); }

}  // namespace larder::format
