#include "engine/cache/record_writer.hpp"

#include "engine/platform/fault_point.hpp"
#include "engine/segments/log.hpp"

#include <algorithm>
#include <vector>

namespace larder::cache {
namespace {

// Records above this part of a segment may be split, so that the rest of a segment is not wasted on them.
constexpr std::size_t kWholePart = 16;
// A fragment costs its reader a cache miss: not worth it for less.
constexpr std::size_t kSmallestFragment = 1024;
constexpr std::size_t kFragmentOverhead = 40;

std::uint64_t payload_hash(std::string_view head, std::string_view tail, const std::byte* written) noexcept {
    // In one piece the caller's bytes are hashed: they are in the cache, and nobody else changes them.
    if (tail.empty()) return format::hash_bytes(head.data(), head.size());
    return format::hash_bytes(written, head.size() + tail.size());
}

bool has_long_key(const NewRecord& record) noexcept { return record.key.size() > format::kMaxInlineKeyBytes; }

std::size_t fragmented_bytes(const NewRecord& record) noexcept {
    return record.value_length() + (has_long_key(record) ? record.key.size() : 0);
}

// What a fragment that begins at `position` may hold at most: fragments do not cross from one piece into the next.
std::string_view piece_at(const NewRecord& record, std::size_t position) noexcept {
    for (const std::string_view piece :
         {has_long_key(record) ? record.key : std::string_view(), record.value, record.value_tail}) {
        if (position < piece.size()) return piece.substr(position);
        position -= piece.size();
    }
    return {};
}

std::size_t fragmented_head_bytes(const NewRecord& record, std::size_t fragments) noexcept {
    return format::kMaxFieldBytes + record.key.size() + fragments * sizeof(format::Fragment) + format::kRecordAlignment;
}

}  // namespace

format::RecordMeta whole_meta(const NewRecord& record) noexcept {
    format::RecordMeta meta;
    meta.key_length = static_cast<std::uint16_t>(record.key.size());
    meta.value_length = static_cast<std::uint32_t>(record.value_length());
    meta.client_flags = record.client_flags;
    meta.version = record.version;
    meta.expires_at_ms = record.expires_at_ms;
    format::choose_flags(meta);
    return meta;
}

std::size_t whole_bytes(const NewRecord& record) noexcept { return whole_meta(record).stored_bytes(); }

bool prefers_fragments(const LockedShard& shard, const NewRecord& record) noexcept {
    const std::size_t bytes = whole_bytes(record);
    return has_long_key(record) ||
           (bytes > shard.geometry().segment_size / kWholePart && record.value_length() >= 2 * kSmallestFragment);
}

std::uint32_t segments_needed(const LockedShard& shard, const NewRecord& record) noexcept {
    const std::size_t usable = shard.geometry().segment_size - 2 * kFragmentOverhead;
    const std::size_t fragments = fragmented_bytes(record) / usable + 5;
    const std::size_t bytes = fragmented_bytes(record) + fragments * kFragmentOverhead + fragmented_head_bytes(record, fragments);
    return static_cast<std::uint32_t>(bytes / usable + 2);
}

SlotWord word_for(const LockedShard& shard, std::uint64_t offset, std::uint64_t hash, unsigned hits) noexcept {
    const std::uint64_t generation = shard.region.generation(shard.geometry().segment_of(offset)).load(std::memory_order_relaxed);
    return format::make_slot(offset, generation, format::tag_from_hash(hash), hits);
}

std::uint64_t write_raw(LockedShard& shard, Queue queue, const RawRecord& record) {
    const std::uint64_t offset = segments::append_offset(shard, queue);
    const std::uint64_t generation = shard.region.generation(shard.geometry().segment_of(offset)).load(std::memory_order_relaxed);
    std::byte* at = shard.region.at(offset);
    std::byte head[format::kMaxFieldBytes];
    const std::size_t head_bytes = format::encode_meta(record.meta, head);
    std::byte* payload = at + head_bytes + record.key.size();
    platform::copy_to_shared(at + head_bytes, record.key.data(), record.key.size());
    platform::copy_to_shared(payload, record.payload.data(), record.payload.size());
    platform::copy_to_shared(payload + record.payload.size(), record.payload_tail.data(), record.payload_tail.size());
    LARDER_FAULT_POINT("record.half_written");
    const std::uint64_t hash = payload_hash(record.payload, record.payload_tail, payload);
    const std::uint32_t checksum = format::record_checksum(hash, record.key_hash, record.meta, generation, offset);
    std::memcpy(head, &checksum, sizeof checksum);
    platform::copy_to_shared(at, head, head_bytes);
    LARDER_FAULT_POINT("record.written");
    segments::advance(shard, queue, static_cast<std::uint32_t>(record.meta.stored_bytes()), record.meta.expires_at_ms);
    LARDER_FAULT_POINT("record.appended");
    return offset;
}

SlotWord write_whole(LockedShard& shard, Queue queue, const NewRecord& record) {
    const std::uint64_t offset =
        write_raw(shard, queue, {whole_meta(record), record.key_hash, record.key, record.value, record.value_tail});
    return word_for(shard, offset, record.key_hash);
}

SlotWord write_fragmented(LockedShard& shard, Queue queue, const NewRecord& record) {
    std::vector<format::Fragment> fragments;
    const std::string_view hash_bytes(reinterpret_cast<const char*>(&record.key_hash), sizeof record.key_hash);
    for (std::size_t position = 0; position < fragmented_bytes(record);) {
        const std::string_view piece = piece_at(record, position);
        const std::size_t room = segments::room_in(shard, queue);
        if (room < std::min(piece.size(), kSmallestFragment) + kFragmentOverhead) {
            if (!segments::open_active(shard, queue, false)) return 0;
            continue;
        }
        const std::size_t length = std::min(piece.size(), room - kFragmentOverhead);
        format::RecordMeta meta;
        meta.flags = format::kFragment;
        meta.key_length = sizeof record.key_hash;
        meta.value_length = static_cast<std::uint32_t>(length);
        meta.expires_at_ms = record.expires_at_ms;
        format::choose_flags(meta);
        const std::uint64_t offset = write_raw(shard, queue, {meta, record.key_hash, hash_bytes, piece.substr(0, length)});
        fragments.push_back({offset, static_cast<std::uint32_t>(length), 0});
        position += length;
    }
    if (fragments.size() > format::kMaxFragments) return 0;
    format::RecordMeta meta = whole_meta(record);
    meta.flags |= format::kFragmented;
    meta.fragments = static_cast<std::uint16_t>(fragments.size());
    format::choose_flags(meta);
    if (segments::room_in(shard, queue) < meta.stored_bytes() && !segments::open_active(shard, queue, false)) return 0;
    if (segments::room_in(shard, queue) < meta.stored_bytes()) return 0;
    const std::string_view table(reinterpret_cast<const char*>(fragments.data()), fragments.size() * sizeof(format::Fragment));
    return word_for(shard, write_raw(shard, queue, {meta, record.key_hash, record.key.substr(0, meta.inline_key_bytes()), table}),
                    record.key_hash);
}

}  // namespace larder::cache
