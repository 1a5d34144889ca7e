// The common get in one piece: a record without fields, in its main bucket, its value in place; and the common miss. Whatever
// is other than that is left to the general way (reader.hpp), which then finds out what it is. Inline, and in steps, so that a
// batch can do each step for all of its keys and have their cache misses overlap.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/cache/reader.hpp"
#include "engine/index/lookup.hpp"
#include "engine/region/record_access.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder::cache::quick {

/// Where a key's record must be if it is anywhere.
struct Home {
    std::uint64_t hash;
    std::uint64_t directory;  ///< as it was before the bucket was looked at
    index::Bucket* bucket;
};

inline Home find_home(const Core& core, std::uint64_t hash) noexcept {
    const std::uint32_t shard = core.geometry().shard_of(hash);
    const std::uint64_t directory = core.region.shard(shard).directory.load(std::memory_order_acquire);
    return {hash, directory, &index::main_bucket(core.region, shard, hash, format::unpack_directory(directory).buckets)};
}

/// The first slot of the bucket that has the tag; nullptr: none.
inline index::Slot* find_slot(const Home& home) noexcept {
    const unsigned mask = index::match_tags(*home.bucket, format::tag_from_hash(home.hash));
    return mask == 0 ? nullptr : &home.bucket->slots[static_cast<unsigned>(__builtin_ctz(mask))];
}

/// REQUIRES: find_slot() found none. True: the key is nowhere (INV-5). False: cannot tell.
inline bool is_certain_miss(const Core& core, const Home& home) noexcept {
    const index::SlotWord last = home.bucket->slots[format::kSlotsPerBucket - 1].load(std::memory_order_acquire);
    if (format::is_link(last, core.geometry())) return false;
    const std::uint32_t shard = core.geometry().shard_of(home.hash);
    std::atomic_thread_fence(std::memory_order_acquire);
    return core.region.shard(shard).directory.load(std::memory_order_relaxed) == home.directory;
}

/// Begins to load the record behind a slot.
inline void prefetch_record(const Core& core, index::SlotWord word) noexcept {
    const std::uint64_t offset = format::offset_of(word);
    if (!core.geometry().holds_records(offset)) return;
    __builtin_prefetch(core.region.at(offset));
    __builtin_prefetch(core.region.at(offset) + 64);
}

/// Copies the value behind `slot` if it is the common case of the key's record, whole and still there. False: cannot tell.
inline bool take(const Core& core, const index::Slot& slot, index::SlotWord word, std::string_view key, std::uint64_t hash,
                 ValueSink& sink, RecordInfo* info) {
    const format::Geometry& g = core.geometry();
    const std::uint64_t offset = format::offset_of(word);
    if (!g.holds_records(offset)) return false;
    const std::byte* const at = core.region.at(offset);
    __builtin_prefetch(at + 64);
    const std::uint64_t generation = core.region.generation(g.segment_of(offset)).load(std::memory_order_relaxed);
    format::PlainHead head;
    platform::copy_from_shared(&head.word, at, sizeof head.word);
    const std::uint64_t room = g.segment_size - ((offset - g.segments_begin) & (g.segment_size - 1));
    const std::size_t length = head.value_length();
    if (!head.is_plain() || head.key_length() != key.size() || sizeof head + key.size() + length > room) return false;
    if (!platform::equals_shared(key.data(), at + sizeof head, key.size())) return false;
    if (sink.wants_value()) {
        std::byte* const to = sink.prepare(length);
        if (to == nullptr) return false;
        const std::uint64_t sum = region::copy_and_sum_from_shared(to, at + sizeof head + key.size(), length);
        if (format::plain_checksum(sum, hash, head, generation, offset) != head.checksum() &&
            core.options.read_check != ReadCheck::never)
            return false;
    }
    if (info != nullptr) {
        *info = {};
        info->version = format::birth_version(generation, (offset - g.segments_begin) & (g.segment_size - 1));
        info->value_size = static_cast<std::uint32_t>(length);
    }
    return still_there(slot, word);
}

}  // namespace larder::cache::quick
