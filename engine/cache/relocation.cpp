#include "engine/cache/relocation.hpp"

#include "engine/cache/record_writer.hpp"
#include "engine/segments/log.hpp"

#include <cstring>
#include <string>
#include <vector>

namespace larder::cache {

using segments::EmptyMode;
using segments::Fate;

namespace {

std::uint64_t generation_at(const LockedShard& shard, std::uint64_t offset) noexcept {
    return shard.region.generation(shard.geometry().segment_of(offset)).load(std::memory_order_relaxed);
}

bool reserve_room(LockedShard& shard, Queue queue, std::size_t bytes) {
    return segments::room_in(shard, queue) >= bytes || segments::open_active(shard, queue, true);
}

// A moved record keeps its version, if anybody has ever asked for one.
void keep_version(const LockedShard& shard, const RecordAt& record, format::RecordMeta& meta) noexcept {
    if (shard.region.header().versions_seen.load(std::memory_order_relaxed) != 0)
        meta.version = region::version_of(shard.region, record);
    format::choose_flags(meta);
}

std::string_view bytes_at(const LockedShard& shard, std::uint64_t offset, std::size_t length) noexcept {
    return {reinterpret_cast<const char*>(shard.region.at(offset)), length};
}

// A private copy of a record's payload. False when it does not have its checksum: what is damaged must not be given a new one,
// not even what somebody damages at this moment.
bool copy_payload(const LockedShard& shard, const RecordAt& record, std::uint64_t hash, std::string& copy) {
    copy.resize(record.meta.payload_bytes());
    const std::uint64_t sum = region::copy_and_sum_from_shared(copy.data(), shard.region.at(record.payload_at()), copy.size());
    return region::expected_checksum(shard.region, record, sum, hash) == record.meta.checksum;
}

bool move_owner(LockedShard& shard, const RecordAt& owner, format::RecordMeta meta, const Found& found, std::uint64_t hash,
                const Fate& fate, std::string_view payload) {
    keep_version(shard, owner, meta);
    if (!reserve_room(shard, fate.queue, meta.stored_bytes())) return false;
    const std::string_view key = bytes_at(shard, owner.key_at(), owner.meta.inline_key_bytes());
    const std::uint64_t offset = write_raw(shard, fate.queue, {meta, hash, key, payload});
    if (offset == 0) return false;
    publish(shard, *found.slot, word_for(shard, offset, hash, fate.hits));
    return true;
}

bool move_with_table(LockedShard& shard, const RecordAt& owner, const Found& found, std::uint64_t hash, const Fate& fate,
                     const std::vector<format::Fragment>& table) {
    if (table.size() > format::kMaxFragments) return false;
    format::RecordMeta meta = owner.meta;
    meta.flags |= format::kFragmented;
    meta.fragments = static_cast<std::uint16_t>(table.size());
    return move_owner(shard, owner, meta, found, hash, fate, as_payload(table));
}

// A fragment moves together with the record that lists it: only that one's slot can be changed in one store.
bool move_fragment(LockedShard& shard, const RecordAt& fragment, const RecordAt& owner, const Found& found, std::uint64_t hash,
                   const Fate& fate) {
    thread_local std::string bytes;
    if (!copy_payload(shard, owner, hash, bytes)) return false;
    std::vector<format::Fragment> before(owner.meta.fragments);
    std::memcpy(before.data(), bytes.data(), bytes.size());
    if (!copy_payload(shard, fragment, hash, bytes)) return false;
    std::vector<format::Fragment> table;
    const PieceTarget target{fate.queue, true, hash, owner.meta.expires_at_ms};
    for (const format::Fragment& listed : before) {
        if (listed.offset != fragment.offset) {
            table.push_back(listed);
        } else if (!write_pieces(shard, target, bytes, table)) {
            return false;
        }
    }
    return move_with_table(shard, owner, found, hash, fate, table);
}

// A large record that does not fit the rest of the segment is split, so that the rest is not wasted.
bool move_in_pieces(LockedShard& shard, const RecordAt& owner, const Found& found, std::uint64_t hash, const Fate& fate,
                    std::string_view value) {
    std::vector<format::Fragment> table;
    return write_pieces(shard, {fate.queue, true, hash, owner.meta.expires_at_ms}, value, table) &&
           move_with_table(shard, owner, found, hash, fate, table);
}

}  // namespace

Fate fate_of(LockedShard& shard, const RecordAt& record, const RecordAt& owner, const Found& found) noexcept {
    const Queue from = format::queue_in(shard.header.victim_queue);
    const auto mode = static_cast<EmptyMode>(shard.header.victim_mode.load());
    const unsigned hits = format::hits_of(found.slot->load(std::memory_order_relaxed));
    const std::uint64_t bytes = owner.meta.header_bytes() + owner.meta.key_length + owner.meta.value_length;
    if (!owner.meta.is(format::kFragmented) || mode != EmptyMode::evict)
        return segments::decide_fate(shard, from, mode, hits, bytes);
    // A value in parts: its first fragment is judged, and the rest follows it.
    const format::Fragment first = region::read_fragment(shard.region, owner, 0);
    if (record.offset == first.offset || !shard.geometry().holds_records(first.offset))
        return segments::decide_fate(shard, from, mode, hits, bytes);
    const bool first_has_moved = generation_at(shard, first.offset) > generation_at(shard, record.offset);
    if (first_has_moved || hits > 0) return {true, segments::queue_of(shard.region.segment_at(first.offset)), hits, false};
    return {false, from, 0, true};
}

bool relocate(LockedShard& shard, const RecordAt& record, const RecordAt& owner, const Found& found, std::uint64_t hash,
              const Fate& fate) {
    if (record.meta.is(format::kFragment)) return move_fragment(shard, record, owner, found, hash, fate);
    thread_local std::string payload;
    if (!copy_payload(shard, owner, hash, payload)) return false;
    const bool fits = segments::room_in(shard, fate.queue) >= owner.meta.stored_bytes() + sizeof owner.meta.version;
    if (!fits && !owner.meta.is(format::kFragmented) && is_large(shard, owner.meta.stored_bytes(), payload.size())) {
        return move_in_pieces(shard, owner, found, hash, fate, payload);
    }
    return move_owner(shard, owner, owner.meta, found, hash, fate, payload);
}

}  // namespace larder::cache
