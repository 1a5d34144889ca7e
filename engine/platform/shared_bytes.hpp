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
    // Keys are short: a call of memcmp would cost more than the comparison. The last part overlaps the one before it.
    const auto* a = static_cast<const unsigned char*>(mine);
    const auto* b = static_cast<const unsigned char*>(shared);
    auto differ = [a, b]<class Part>(Part, std::size_t position) {
        Part ours{};
        Part theirs{};
        std::memcpy(&ours, a + position, sizeof ours);
        std::memcpy(&theirs, b + position, sizeof theirs);
        return ours ^ theirs;
    };
    using Short = std::uint64_t;
    using Long = std::uint64_t __attribute__((vector_size(16)));
    if (length - sizeof(Long) <= sizeof(Long)) [[likely]] {
        const Long both = differ(Long(), 0) | differ(Long(), length - sizeof(Long));
        return (both[0] | both[1]) == 0;
    }
    if (length - sizeof(Short) < sizeof(Short)) return (differ(Short(), 0) | differ(Short(), length - sizeof(Short))) == 0;
    return std::memcmp(mine, shared, length) == 0;
#endif
}

}  // namespace larder::platform
