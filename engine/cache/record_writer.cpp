#include "engine/cache/record_writer.hpp"

#include "engine/platform/fault_point.hpp"
#include "engine/segments/log.hpp"

#include <algorithm>
#include <vector>

namespace larder::cache {
namespace {

// Records above this part of a segment may be split, so that the rest of a segment is not wasted on them.
constexpr std::size_t kWholePart = 32;
// A fragment costs its reader a cache miss: not worth it for less.
constexpr std::size_t kSmallestFragment = 512;
constexpr std::size_t kFragmentOverhead = 40;

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

void write_head(std::byte* at, const format::RecordMeta& meta, std::uint32_t checksum) noexcept {
    std::byte head[format::kMaxFieldBytes];
    const std::size_t bytes = format::encode_meta(meta, head);
    std::memcpy(head, &checksum, sizeof checksum);
    platform::copy_to_shared(at, head, bytes);
}

std::size_t fragmented_head_bytes(const NewRecord& record, std::size_t fragments) noexcept {
    return format::kMaxFieldBytes + record.key.size() + fragments * sizeof(format::Fragment) + format::kRecordAlignment;
}

}  // namespace

bool is_large(const LockedShard& shard, std::size_t stored_bytes, std::size_t value_bytes) noexcept {
    return stored_bytes > shard.geometry().segment_size / kWholePart && value_bytes >= 2 * kSmallestFragment;
}

bool prefers_fragments(const LockedShard& shard, const NewRecord& record) noexcept {
    return has_long_key(record) || is_large(shard, whole_bytes(record), record.value_length());
}

std::uint32_t segments_needed(const LockedShard& shard, Queue queue, const NewRecord& record) noexcept {
    std::uint32_t needed = 0;
    std::uint32_t fragments = 0;
    std::size_t room = segments::room_in(shard, queue);
    auto open_another = [&] {
        ++needed;
        room = shard.geometry().segment_size;
    };
    for (std::size_t position = 0; position < fragmented_bytes(record); ++fragments) {
        const std::size_t left = piece_at(record, position).size();
        if (room < std::min(left, kSmallestFragment) + kFragmentOverhead) open_another();
        const std::size_t length = std::min(left, room - kFragmentOverhead);
        room -= length + kFragmentOverhead;
        position += length;
    }
    // One more than counted: the actual cuts are a little better, and may be one more.
    if (room < fragmented_head_bytes(record, fragments + 1)) open_another();
    return needed;
}

format::Fragment list_fragment(const LockedShard& shard, std::uint64_t offset, std::size_t length) noexcept {
    format::Fragment fragment{offset, static_cast<std::uint32_t>(length), 0};
    platform::copy_from_shared(&fragment.checksum, shard.region.at(offset), sizeof fragment.checksum);
    return fragment;
}

namespace {

std::uint64_t write_plain(const LockedShard& shard, const segments::Place& place, const RawRecord& record) {
    const Headless draft = draft_simple(shard, place, record.key, record.payload, record.key_hash, record.meta.expires_at_ms);
    write_head(shard, draft);
    return draft.offset;
}

std::uint64_t write_with_fields(const LockedShard& shard, const segments::Place& place, const RawRecord& record) {
    const std::uint64_t offset = shard.geometry().segment_at(place.segment) + place.used;
    const std::uint64_t generation = shard.region.generation(place.segment).load(std::memory_order_relaxed);
    std::byte* at = shard.region.at(offset);
    std::byte* const key = at + record.meta.header_bytes();
    std::byte* const payload = key + record.key.size();
    platform::copy_short_to_shared(key, record.key.data(), record.key.size());
    // A view of nothing may be null, from which nothing may be copied either.
    const std::string_view given = record.payload.data() != nullptr ? record.payload : std::string_view("");
    std::uint64_t sum = region::copy_and_sum_to_shared(payload, given.data(), given.size());
    if (!record.payload_tail.empty()) {
        platform::copy_to_shared(payload + record.payload.size(), record.payload_tail.data(), record.payload_tail.size());
        sum = format::payload_sum(payload, record.payload.size() + record.payload_tail.size());
    }
    LARDER_FAULT_POINT("record.half_written");
    const std::uint32_t checksum = format::record_checksum(sum, record.key_hash, record.meta, generation, offset);
    write_head(at, record.meta, checksum);
    LARDER_FAULT_POINT("record.written");
    return offset;
}

}  // namespace

std::uint64_t write_raw(LockedShard& shard, Queue queue, const RawRecord& record) {
    const segments::Place place = segments::append_place(shard, queue, record.meta.stored_bytes());
    if (!place) return 0;
    const bool simple = (record.meta.flags & ~format::kHasExpiry) == 0 && record.payload_tail.empty();
    const std::uint64_t offset = simple ? write_plain(shard, place, record) : write_with_fields(shard, place, record);
    segments::advance(place, static_cast<std::uint32_t>(record.meta.stored_bytes()), record.meta.expires_at_ms);
    LARDER_FAULT_POINT("record.appended");
    return offset;
}

SlotWord write_whole(LockedShard& shard, Queue queue, const NewRecord& record) {
    const std::uint64_t offset =
        write_raw(shard, queue, {whole_meta(record), record.key_hash, record.key, record.value, record.value_tail});
    return offset != 0 ? word_for(shard, offset, record.key_hash) : 0;
}

bool write_pieces(LockedShard& shard, const PieceTarget& target, std::string_view bytes,
                  std::vector<format::Fragment>& fragments) {
    const std::string_view key(reinterpret_cast<const char*>(&target.key_hash), sizeof target.key_hash);
    while (!bytes.empty()) {
        const std::size_t room = segments::room_in(shard, target.queue);
        if (room < std::min(bytes.size(), kSmallestFragment) + kFragmentOverhead) {
            if (!segments::open_active(shard, target.queue, target.from_reserve)) return false;
            continue;
        }
        const std::size_t length = std::min(bytes.size(), room - kFragmentOverhead);
        format::RecordMeta meta;
        meta.flags = format::kFragment;
        meta.key_length = sizeof target.key_hash;
        meta.value_length = static_cast<std::uint32_t>(length);
        meta.expires_at_ms = target.expires_at_ms;
        format::choose_flags(meta);
        const std::uint64_t offset = write_raw(shard, target.queue, {meta, target.key_hash, key, bytes.substr(0, length)});
        if (offset == 0) return false;
        fragments.push_back(list_fragment(shard, offset, length));
        bytes.remove_prefix(length);
    }
    return fragments.size() <= format::kMaxFragments;
}

std::string_view as_payload(const std::vector<format::Fragment>& fragments) noexcept {
    return {reinterpret_cast<const char*>(fragments.data()), fragments.size() * sizeof(format::Fragment)};
}

SlotWord write_fragmented(LockedShard& shard, Queue queue, const NewRecord& record) {
    std::vector<format::Fragment> fragments;
    const PieceTarget target{queue, false, record.key_hash, record.expires_at_ms};
    if (has_long_key(record) && !write_pieces(shard, target, record.key, fragments)) return 0;
    if (!write_pieces(shard, target, record.value, fragments) || !write_pieces(shard, target, record.value_tail, fragments))
        return 0;
    format::RecordMeta meta = whole_meta(record);
    meta.flags |= format::kFragmented;
    meta.fragments = static_cast<std::uint16_t>(fragments.size());
    format::choose_flags(meta);
    if (segments::room_in(shard, queue) < meta.stored_bytes() && !segments::open_active(shard, queue, false)) return 0;
    if (segments::room_in(shard, queue) < meta.stored_bytes()) return 0;
    const std::string_view key = record.key.substr(0, meta.inline_key_bytes());
    const std::uint64_t offset = write_raw(shard, queue, {meta, record.key_hash, key, as_payload(fragments)});
    return offset != 0 ? word_for(shard, offset, record.key_hash) : 0;
}

}  // namespace larder::cache
