// The common get in one piece: a record without fields but an expiry, its value in place; and the common miss. Whatever
// is other than that is left to the general way (reader.hpp), which then finds out what it is. Inline, and in steps, so that a
// batch can do each step for all of its keys and have their cache misses overlap.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/cache/reader.hpp"
#include "engine/index/lookup.hpp"
#include "engine/platform/clock.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/platform/opaque.hpp"
#include "engine/region/record_access.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace larder::cache::quick {

inline namespace LARDER_ISA {

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

/// The first slot of a bucket that has the tag; nullptr: none.
inline index::Slot* find_slot(index::Bucket& bucket, std::uint64_t hash) noexcept {
    const unsigned mask = index::match_tags(bucket, format::tag_from_hash(hash));
    return mask == 0 ? nullptr : &bucket.slots[static_cast<unsigned>(__builtin_ctz(mask))];
}

/// The same in the overflow buckets behind the home bucket.
inline index::Slot* find_slot_beyond(const Core& core, const Home& home) noexcept {
    const std::uint32_t shard = core.geometry().shard_of(home.hash);
    const index::Bucket* bucket = home.bucket;
    for (int hops = 1; hops < index::kMaxChain; ++hops) {
        LARDER_FAULT_POINT("read.next_bucket");
        index::Bucket* const next = index::next_in_chain(core.region, shard, *bucket);
        if (next == nullptr) return nullptr;
        if (index::Slot* const slot = find_slot(*next, home.hash); slot != nullptr) return slot;
        bucket = next;
    }
    return nullptr;
}

/// REQUIRES: no bucket of the chain had the tag. True: the key is nowhere (INV-5). False: cannot tell.
inline bool is_certain_miss(const Core& core, const Home& home) noexcept {
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

/// Begins to load the first overflow bucket behind a home bucket, if there is one.
inline void prefetch_beyond(const Core& core, const Home& home) noexcept {
    __builtin_prefetch(index::next_in_chain(core.region, core.geometry().shard_of(home.hash), *home.bucket));
}

/// How many lookups are begun at once: as many misses as a core keeps in flight.
inline constexpr std::size_t kBatchGroup = 16;

/// A key of a batch on its way.
struct Prepared {
    Home home;
    index::Slot* slot;  ///< the first with the tag; nullptr: none
};

/// Begins to load what lookups of these keys need, each step for all of them, so that their cache misses overlap. REQUIRES:
/// kBatchGroup keys at most.
inline void prepare(const Core& core, std::span<const std::string_view> keys, std::array<Prepared, kBatchGroup>& group) noexcept {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        group[i].home = find_home(core, core.hash(keys[i]));
        __builtin_prefetch(group[i].home.bucket);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        group[i].slot = find_slot(*group[i].home.bucket, group[i].home.hash);
        if (group[i].slot != nullptr)
            prefetch_record(core, group[i].slot->load(std::memory_order_relaxed));
        else
            prefetch_beyond(core, group[i].home);
    }
}

/// Goes on with those keys of a group that no slot of their home bucket may lead to.
inline void prepare_beyond(const Core& core, std::span<Prepared> group) noexcept {
    for (Prepared& prepared : group) {
        if (prepared.slot != nullptr) continue;
        prepared.slot = find_slot_beyond(core, prepared.home);
        if (prepared.slot != nullptr) prefetch_record(core, prepared.slot->load(std::memory_order_relaxed));
    }
}

/// The processor sees a long copy coming by itself, but begins it a line at a time.
inline void prefetch_value(const std::byte* from, std::size_t length) noexcept {
    constexpr std::size_t kLine = 64;
    constexpr std::size_t kMost = 16 * kLine;
    for (std::size_t at = 2 * kLine; at < length && at < kMost; at += kLine) __builtin_prefetch(from + at);
}

/// The longest value and the longest key of a record that is only glimpsed at.
inline constexpr std::size_t kReadyBytes = 2 * format::kStripeBytes;
inline constexpr std::size_t kReadyKeyBytes = format::kShortRecordBytes - kReadyBytes - sizeof(format::RecordHead);

/// The bytes of a string that is written to.
inline std::span<std::byte> bytes_of(std::string& value) noexcept {
    return {reinterpret_cast<std::byte*>(value.data()), value.size()};
}

/// A record of which no more is known than that it has the lengths that were asked for.
struct Glimpse {
    const std::byte* at = nullptr;  ///< nullptr: it has others, or is no plain record
    // A format::Binding. As a member of its own the compiler stores it, too, where nobody reads it.
    std::uint64_t place = 0;
    std::uint64_t name = 0;
    std::uint64_t version = 0;
};

/// Looks whether the record behind `word` is plain, with a key and a value of these lengths. REQUIRES: kReadyKeyBytes and
/// kReadyBytes at most.
///
/// What is read of it later has the lengths that were asked for, not those that were found. So no address, of a load or of a
/// store, depends on what is still being loaded; where they do, two lookups in a row hardly overlap (bench/README.md). The
/// compiler must not see that both lengths are the same.
inline Glimpse glimpse(const Core& core, index::SlotWord word, std::uint64_t hash, std::size_t key_bytes,
                       std::size_t value_bytes) noexcept {
    const format::Geometry& g = core.geometry();
    const std::uint64_t offset = format::offset_of(word);
    const std::uint64_t position = offset - g.segments_begin;
    if (position >= g.short_records_bytes) [[unlikely]]
        return {};
    const std::byte* const at = core.region.at(offset);
    const std::uint64_t generation = core.region.generation(position >> g.segment_shift).load(std::memory_order_relaxed);
    const std::uint64_t lengths = format::RecordHead::lengths(key_bytes, value_bytes);
    const format::Binding binding = format::bind_to(hash, lengths, generation, offset);
    std::uint32_t its_lengths = 0;
    platform::copy_from_shared(&its_lengths, at + sizeof its_lengths, sizeof its_lengths);
    if (its_lengths != platform::opaque(lengths)) [[unlikely]]
        return {};
    return {at, binding.place, binding.name, format::birth_version(generation, position & (g.segment_size - 1))};
}

/// Copies the value of the record that was glimpsed to `value`, which has its length, if its key is `key`. False: cannot tell.
inline bool copy_glimpsed(const Glimpse& record, std::string_view key, std::span<std::byte> value) noexcept {
    const std::byte* const its_key = record.at + sizeof(format::RecordHead);
    if (!platform::equals_shared(key.data(), its_key, key.size())) [[unlikely]]
        return false;
    const std::uint64_t sum = region::copy_and_sum_from_shared(value.data(), its_key + key.size(), value.size());
    std::uint32_t checksum = 0;
    platform::copy_from_shared(&checksum, record.at, sizeof checksum);
    return format::bound_checksum(sum, {record.place, record.name}) == checksum;
}

/// The length of a value as it is to be used: that of `value` if it is the same, for the reason that glimpse() has.
inline std::size_t agree_on_length(std::string& value, std::size_t length) {
    const std::size_t room = value.size();
    if (platform::opaque(room) == length) return room;
    value.resize(length);
    return length;
}

/// Copies the value behind `word` if it is the common case of the key's record, whole and still there. False: cannot tell.
inline bool take(const Core& core, const index::Slot& slot, index::SlotWord word, std::string_view key, std::uint64_t hash,
                 std::string& value, RecordInfo* info) {
    const format::Geometry& g = core.geometry();
    const std::uint64_t offset = format::offset_of(word);
    const std::uint64_t position = offset - g.segments_begin;
    if (position >= g.segments_bytes) return false;
    const std::byte* const at = core.region.at(offset);
    __builtin_prefetch(at + 64);
    const std::uint64_t generation = core.region.generation(position >> g.segment_shift).load(std::memory_order_relaxed);
    format::RecordHead head;
    platform::copy_from_shared(&head.word, at, sizeof head.word);
    if (!head.is_simple_with(key.size())) return false;
    const std::byte* const its_key = at + head.bytes();
    if ((position & (g.segment_size - 1)) + head.bytes() + key.size() + head.value_length() > g.segment_size) return false;
    if (!platform::equals_shared(key.data(), its_key, key.size())) return false;
    const std::int64_t expires_at_ms = head.expires() ? region::read_expiry(core.region, offset) : 0;
    if (head.expires() && platform::has_expired(expires_at_ms)) return false;
    const std::size_t length = agree_on_length(value, head.value_length());
    const std::byte* const from = its_key + key.size();
    if (length > 2 * format::kStripeBytes) [[unlikely]]
        prefetch_value(from, length);
    std::uint64_t sum = region::copy_and_sum_from_shared(value.data(), from, length);
    if (head.expires()) sum = format::mix_expiry(sum, expires_at_ms);
    if (format::head_checksum(sum, hash, head, generation, offset) != head.checksum() &&
        core.options.read_check != ReadCheck::never)
        return false;
    if (info != nullptr) {
        *info = {};
        info->version = format::birth_version(generation, position & (g.segment_size - 1));
        info->value_size = static_cast<std::uint32_t>(length);
        info->expires_at_ms = expires_at_ms;
    }
    return still_there(slot, word);
}

// Not inlined: the common way should not pay for its frame.
[[gnu::noinline]] inline Code read_otherwise(const Core& core, const Home& home, std::string_view key, std::string& value,
                                             RecordInfo* info) {
    return read_value(core, key, home.hash, StringSink(value), info, true);
}

/// read_value() (reader.hpp), uncounted, for a key whose home and first slot with its tag there (nullptr: none) were found.
inline Code read_uncounted(const Core& core, const Home& home, index::Slot* slot, std::string_view key, std::string& value,
                           RecordInfo* info) {
    if (slot == nullptr) slot = find_slot_beyond(core, home);
    if (slot == nullptr) {
        if (is_certain_miss(core, home)) return Code::not_found;
        return read_otherwise(core, home, key, value, info);
    }
    const index::SlotWord word = slot->load(std::memory_order_acquire);
    if (!take(core, *slot, word, key, home.hash, value, info)) [[unlikely]]
        return read_otherwise(core, home, key, value, info);
    mark_hit(core, *slot, word);
    return Code::ok;
}

}  // namespace LARDER_ISA

}  // namespace larder::cache::quick
