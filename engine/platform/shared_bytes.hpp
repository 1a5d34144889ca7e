// Copies of bytes that another process may be changing meanwhile.
//
// The reader copies first and finds out afterwards (the slot is loaded again, the checksum compared) whether what it copied
// was whole. Under the C++ memory model that is a race unless each access is atomic; in a ThreadSanitizer build the copies
// are made of relaxed atomic words, in others of plain memory copies, which compilers and processors of the supported
// platforms treat the same way. (H. Boehm, "Can seqlocks get along with programming language memory models?", 2012.)
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace larder::platform {

#if defined(__SANITIZE_THREAD__)
#define LARDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LARDER_TSAN 1
#endif
#endif

/// Copies bytes out of the shared mapping.
inline void copy_from_shared(void* to, const void* from, std::size_t length) noexcept {
#if defined(LARDER_TSAN)
    auto* target = static_cast<unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    for (std::size_t i = 0; i < length; ++i) target[i] = __atomic_load_n(source + i, __ATOMIC_RELAXED);
#else
    std::memcpy(to, from, length);
#endif
}

/// Copies bytes into the shared mapping.
inline void copy_to_shared(void* to, const void* from, std::size_t length) noexcept {
#if defined(LARDER_TSAN)
    auto* target = static_cast<unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    for (std::size_t i = 0; i < length; ++i) __atomic_store_n(target + i, source[i], __ATOMIC_RELAXED);
#else
    std::memcpy(to, from, length);
#endif
}

/// Compares private bytes with bytes in the shared mapping.
inline bool equals_shared(const void* mine, const void* shared, std::size_t length) noexcept {
#if defined(LARDER_TSAN)
    const auto* a = static_cast<const unsigned char*>(mine);
    const auto* b = static_cast<const unsigned char*>(shared);
    for (std::size_t i = 0; i < length; ++i) {
        if (a[i] != __atomic_load_n(b + i, __ATOMIC_RELAXED)) return false;
    }
    return true;
#else
    // Keys are short: a call of memcmp would cost more than the comparison.
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    if (length < kWord || length > 8 * kWord) return std::memcmp(mine, shared, length) == 0;
    auto word_at = [](const void* bytes, std::size_t position) {
        std::uint64_t word = 0;
        std::memcpy(&word, static_cast<const unsigned char*>(bytes) + position, kWord);
        return word;
    };
    std::uint64_t difference = word_at(mine, length - kWord) ^ word_at(shared, length - kWord);
    for (std::size_t i = 0; i + kWord < length; i += kWord) difference |= word_at(mine, i) ^ word_at(shared, i);
    return difference == 0;
#endif
}

}  // namespace larder::platform
