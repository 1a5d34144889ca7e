#include "replay/value_source.hpp"

#include "replay/mix.hpp"

#include <algorithm>
#include <cstring>

namespace larder::tools::replay {
namespace {

// Larger than common values, so that most are one stretch of it; small enough to stay in the processor's caches.
constexpr std::size_t kNoiseBytes = std::size_t{1} << 18;
// Where values may begin: so far from the end that the first stretch is never short.
constexpr std::uint64_t kStarts = kNoiseBytes / 2;
// The identity of key and size, in front of the noise.
constexpr std::size_t kMarkBytes = sizeof(std::uint64_t);

std::uint64_t mark_of(std::uint64_t key, std::size_t size) noexcept { return mix(mix(key) + size); }

}  // namespace

ValueSource::ValueSource() : noise_(kNoiseBytes, '\0') {
    for (std::size_t i = 0; i < kNoiseBytes; i += sizeof(std::uint64_t)) {
        const std::uint64_t bits = mix(i);
        std::memcpy(noise_.data() + i, &bits, sizeof(bits));
    }
}

std::string_view ValueSource::stretch(std::uint64_t start) const noexcept {
    return std::string_view(noise_).substr(static_cast<std::size_t>(start % kStarts));
}

std::string_view ValueSource::value(std::uint64_t key, std::size_t size) {
    const std::uint64_t mark = mark_of(key, size);
    value_.resize(size);
    const std::size_t marked = std::min(size, kMarkBytes);
    std::memcpy(value_.data(), &mark, marked);
    for (std::size_t at = marked; at < size;) {
        const std::string_view bytes = stretch(mark + at).substr(0, size - at);
        std::memcpy(value_.data() + at, bytes.data(), bytes.size());
        at += bytes.size();
    }
    return value_;
}

bool ValueSource::matches(std::uint64_t key, std::string_view bytes) const noexcept {
    const std::uint64_t mark = mark_of(key, bytes.size());
    const std::size_t marked = std::min(bytes.size(), kMarkBytes);
    if (std::memcmp(bytes.data(), &mark, marked) != 0) return false;
    for (std::size_t at = marked; at < bytes.size();) {
        const std::string_view expected = stretch(mark + at).substr(0, bytes.size() - at);
        if (bytes.substr(at, expected.size()) != expected) return false;
        at += expected.size();
    }
    return true;
}

}  // namespace larder::tools::replay
