#include "engine/region/record_access.hpp"

#include <algorithm>

namespace larder::region {

bool read_fields(const Region& region, std::uint64_t offset, std::uint64_t room, RecordAt& out) noexcept {
    std::byte head[format::kMaxFieldBytes] = {};
    platform::copy_from_shared(head, region.at(offset), std::min<std::uint64_t>(room, sizeof head));
    out.offset = offset;
    return format::decode_meta(head, out.meta) &&
           out.meta.header_bytes() + out.meta.inline_key_bytes() + out.meta.payload_bytes() <= room;
}

bool copy_from_fragments(const Region& region, const RecordAt& record, std::byte* to, std::size_t length) noexcept {
    std::size_t position = 0;
    for (std::uint32_t i = 0; i < record.meta.fragments && position < length; ++i) {
        RecordAt fragment;
        if (!read_record(region, read_fragment(region, record, i).offset, fragment) || !fragment.meta.is(format::kFragment))
            return false;
        const std::size_t part = std::min<std::size_t>(fragment.meta.value_length, length - position);
        platform::copy_from_shared(to + position, region.at(fragment.payload_at()), part);
        position += part;
    }
    return position == length;
}

bool copy_key(const Region& region, const RecordAt& record, std::string& key) {
    key.resize(record.meta.key_length);
    if (record.meta.has_long_key())
        return copy_from_fragments(region, record, reinterpret_cast<std::byte*>(key.data()), key.size());
    platform::copy_from_shared(key.data(), region.at(record.key_at()), key.size());
    return true;
}

bool has_fragmented_key(const Region& region, const RecordAt& record, std::string_view key) {
    std::string stored;
    return copy_key(region, record, stored) && stored == key;
}

bool same_key(const Region& region, format::SlotWord a, format::SlotWord b) {
    RecordAt first;
    RecordAt second;
    if (!read_record(region, format::offset_of(a), first) || !read_record(region, format::offset_of(b), second)) return false;
    if (!first.meta.has_long_key()) [[likely]]
        return has_key(region, second, {reinterpret_cast<const char*>(region.at(first.key_at())), first.meta.key_length});
    std::string key;
    return copy_key(region, first, key) && has_key(region, second, key);
}

std::uint64_t owner_hash_otherwise(const Region& region, const RecordAt& record) {
    if (record.meta.is(format::kFragment)) {
        std::uint64_t hash = 0;
        platform::copy_from_shared(&hash, region.at(record.key_at()), sizeof hash);
        return hash;
    }
    std::string key;
    (void)copy_key(region, record, key);
    return region.hash(key);
}

}  // namespace larder::region
