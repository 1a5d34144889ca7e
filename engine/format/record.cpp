#include "engine/format/record.hpp"

#include <cstring>

namespace larder::format {
namespace {

template <class T>
void put(std::byte*& at, T value) noexcept {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
}

template <class T>
T take(const std::byte*& at) noexcept {
    T value;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return value;
}

}  // namespace

std::size_t encode_meta(const RecordMeta& meta, std::byte* out) noexcept {
    std::byte* at = out;
    const bool wide = meta.is(kWide);
    put<std::uint32_t>(at, 0);
    put<std::uint8_t>(at, meta.flags);
    put<std::uint8_t>(at, wide ? std::uint8_t{0} : static_cast<std::uint8_t>(meta.key_length));
    put<std::uint16_t>(at, wide ? std::uint16_t{0} : static_cast<std::uint16_t>(meta.value_length));
    if (wide) {
        put<std::uint32_t>(at, meta.value_length);
        put<std::uint16_t>(at, meta.key_length);
        put<std::uint16_t>(at, meta.fragments);
    }
    if (meta.is(kHasVersion)) put(at, meta.version);
    if (meta.is(kHasExpiry)) put(at, meta.expires_at_ms);
    if (meta.is(kHasSoftExpiry)) put(at, meta.soft_expires_at_ms);
    if (meta.is(kHasClientFlags)) put(at, std::uint64_t{meta.client_flags});
    return static_cast<std::size_t>(at - out);
}

bool decode_meta(const std::byte* in, RecordMeta& meta) noexcept {
    const std::byte* at = in;
    meta.checksum = take<std::uint32_t>(at);
    meta.flags = take<std::uint8_t>(at);
    meta.key_length = take<std::uint8_t>(at);
    meta.value_length = take<std::uint16_t>(at);
    meta.fragments = 0;
    if (meta.is(kWide)) {
        meta.value_length = take<std::uint32_t>(at);
        meta.key_length = take<std::uint16_t>(at);
        meta.fragments = take<std::uint16_t>(at);
    }
    meta.version = meta.is(kHasVersion) ? take<std::uint64_t>(at) : 0;
    meta.expires_at_ms = meta.is(kHasExpiry) ? take<std::int64_t>(at) : 0;
    meta.soft_expires_at_ms = meta.is(kHasSoftExpiry) ? take<std::int64_t>(at) : 0;
    meta.client_flags = meta.is(kHasClientFlags) ? static_cast<std::uint32_t>(take<std::uint64_t>(at)) : 0;
    if (meta.value_length > (std::uint32_t{1} << 30)) return false;
    if (meta.key_length == 0) return (meta.flags & ~kWide) == 0;  // a filler
    if (meta.has_long_key() && !meta.is(kFragmented)) return false;
    if (meta.is(kFragmented)) return meta.is(kWide) && !meta.is(kFragment) && meta.fragments != 0;
    return meta.fragments == 0 && (!meta.is(kFragment) || meta.key_length == 8);
}

std::uint64_t mix_fields(std::uint64_t sum, const RecordMeta& meta) noexcept {
    sum = mix(sum ^ meta.version, static_cast<std::uint64_t>(meta.expires_at_ms) ^ (std::uint64_t{meta.client_flags} << 32));
    return mix(sum ^ meta.fragments, static_cast<std::uint64_t>(meta.soft_expires_at_ms));
}

}  // namespace larder::format
