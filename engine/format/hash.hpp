// Hashing of keys and checksums of records: XXH3 (github.com/Cyan4973/xxHash), inlined.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

namespace larder::format {

/// XXH3_64bits_withSeed() for one seed. That adds the seed to its secret each time; here it is done once, for those keys for
/// which the same bytes of the secret are used either way.
class KeyHash {
  public:
    explicit KeyHash(std::uint64_t seed = 0) noexcept : seed_(seed) { XXH3_generateSecret_fromSeed(secret_.data(), seed); }

    // Always inlined: where the length is known, so is which of XXH3's ways it takes.
    [[gnu::always_inline]] std::uint64_t operator()(std::string_view key) const noexcept {
        if (key.size() - 17 <= 128 - 17) [[likely]]
            return XXH3_64bits_withSecret(key.data(), key.size(), secret_.data(), secret_.size());
        return XXH3_64bits_withSeed(key.data(), key.size(), seed_);
    }

  private:
    std::uint64_t seed_;
    std::array<unsigned char, XXH3_SECRET_DEFAULT_SIZE> secret_{};
};

inline std::uint64_t hash_bytes(const void* bytes, std::size_t length) noexcept { return XXH3_64bits(bytes, length); }

}  // namespace larder::format
