// Copies of bytes that another process may be changing meanwhile.
//
// The reader copies first and finds out afterwards (the slot is loaded again, the checksum compared) whether what it copied
// was whole. Under the C++ memory model that is a race unless each access is atomic; in a ThreadSanitizer build the copies
// are made of relaxed atomic words, in others of plain memory copies, which compilers and processors of the supported
// platforms treat the same way. (H. Boehm, "Can seqlocks get along with programming language memory models?", 2012.)
#pragma once

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

#include <array>
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

/// The same for what is often 16 to 32 bytes long: those take no call.
inline void copy_short_to_shared(void* to, const void* from, std::size_t length) noexcept {
#if !defined(LARDER_TSAN)
    using Lane = std::array<std::uint64_t, 2>;
    if (length - sizeof(Lane) <= sizeof(Lane)) {
        Lane first;
        Lane last;
        std::memcpy(&first, from, sizeof first);
        std::memcpy(&last, static_cast<const char*>(from) + length - sizeof last, sizeof last);
        std::memcpy(to, &first, sizeof first);
        std::memcpy(static_cast<char*>(to) + length - sizeof last, &last, sizeof last);
        return;
    }
#endif
    copy_to_shared(to, from, length);
}

#if !defined(LARDER_TSAN)
/// Whether two pieces of less than 16 bytes are the same, in parts that overlap.
inline bool equals_few(const unsigned char* a, const unsigned char* b, std::size_t length) noexcept {
    auto differ = [a, b, length]<class Part>(Part) {
        std::array<Part, 2> ours{};
        std::array<Part, 2> theirs{};
        const std::size_t last = length - sizeof(Part);
        std::memcpy(&ours[0], a, sizeof(Part));
        std::memcpy(&ours[1], a + last, sizeof(Part));
        std::memcpy(&theirs[0], b, sizeof(Part));
        std::memcpy(&theirs[1], b + last, sizeof(Part));
        return ((ours[0] ^ theirs[0]) | (ours[1] ^ theirs[1])) != 0;
    };
    if (length >= sizeof(std::uint64_t)) return !differ(std::uint64_t{});
    if (length >= sizeof(std::uint32_t)) return !differ(std::uint32_t{});
    if (length >= sizeof(std::uint16_t)) return !differ(std::uint16_t{});
    return length == 0 || *a == *b;
}
#endif

/// Compares private bytes with bytes in the shared mapping. Keys are short: a call of memcmp would cost more than the
/// comparison. Always inlined: its code differs by the instruction set of who includes it, its name does not.
[[gnu::always_inline]] inline bool equals_shared(const void* mine, const void* shared, std::size_t length) noexcept {
    const auto* a = static_cast<const unsigned char*>(mine);
    const auto* b = static_cast<const unsigned char*>(shared);
#if defined(LARDER_TSAN)
    for (std::size_t i = 0; i < length; ++i) {
        if (a[i] != __atomic_load_n(b + i, __ATOMIC_RELAXED)) return false;
    }
    return true;
#else
    using Lane = std::uint64_t __attribute__((vector_size(16)));
    if (length < sizeof(Lane)) return equals_few(a, b, length);
    if (length > 2 * sizeof(Lane)) return std::memcmp(a, b, length) == 0;
    auto differ = [a, b](std::size_t position) {
        Lane ours{};
        Lane theirs{};
        std::memcpy(&ours, a + position, sizeof ours);
        std::memcpy(&theirs, b + position, sizeof theirs);
        return ours ^ theirs;
    };
    const Lane both = differ(0) | differ(length - sizeof(Lane));
#if defined(__SSE4_1__)
    return _mm_testz_si128(reinterpret_cast<__m128i>(both), reinterpret_cast<__m128i>(both)) != 0;
#else
    return (both[0] | both[1]) == 0;
#endif
#endif
}

}  // namespace larder::platform
