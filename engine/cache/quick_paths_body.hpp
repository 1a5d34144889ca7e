// The code behind QuickPaths, for the instruction set that the including source is compiled for.
#pragma once

#include "engine/cache/attachment.hpp"
#include "engine/cache/quick_paths.hpp"
#include "engine/cache/quick_read.hpp"
#include "engine/cache/writer.hpp"

#include <algorithm>
#include <array>

namespace larder::cache::quick {

inline namespace LARDER_ISA {

inline Status answer(const Core& core, Code code) {
    if (core.loss_guard.has_lost()) [[unlikely]]
        return lost_file(core);
    return to_status(code);
}

/// Any record.
[[gnu::flatten, gnu::noinline]] inline Status get_hashed(const Core& core, std::string_view key, std::string& value,
                                                         std::uint64_t hash) {
    return answer(core, read(core, find_home(core, hash), key, value, nullptr));
}

/// Any key, any record.
[[gnu::flatten, gnu::noinline]] inline Status get_any(const Core& core, std::string_view key, std::string& value,
                                                      RecordInfo* info) {
    if (!is_key(key)) [[unlikely]]
        return check_key(key);
    if (info != nullptr) core.note_version_seen();
    return answer(core, read(core, find_home(core, core.hash(key)), key, value, info));
}

[[gnu::noinline]] inline Status count_hit(const Core& core, index::Slot& slot, index::SlotWord word) {
    mark_hit(core, slot, word);
    core.count(Count::hits);
    return Code::ok;
}

/// What most gets are: a key of kLeast to kMost bytes in its home bucket, and a value of the length that `value` has, kReadyBytes
/// at most. So few instructions, and no address that hangs on the record's first line, that the processor begins the next lookup
/// while this one waits for memory (bench/README.md). Hence no calls but for those that end it.
template <std::size_t kLeast, std::size_t kMost>
[[gnu::flatten, gnu::always_inline]] inline Status get_short(const Core& core, std::string_view key, std::string& value) {
    if (key.size() < kLeast || key.size() > kMost) __builtin_unreachable();
    static_assert(kMost <= kReadyKeyBytes);
    const std::uint64_t hash = core.hash(key);
    const Home home = find_home(core, hash);
    index::Slot* const slot = find_slot(*home.bucket, hash);
    if (slot == nullptr) [[unlikely]] {
        const bool is_alone = index::next_in_chain(core.region, core.geometry().shard_of(hash), *home.bucket) == nullptr;
        if (is_alone && is_certain_miss(core, home) && core.tally.add_own(Count::misses)) return Code::not_found;
        return get_hashed(core, key, value, hash);
    }
    const index::SlotWord word = slot->load(std::memory_order_acquire);
    const Glimpse record = glimpse(core, word, hash, key.size(), value.size());
    if (record.at == nullptr) [[unlikely]]
        return get_hashed(core, key, value, hash);
    if (!copy_glimpsed(record, key, bytes_of(value)) || !still_there(*slot, word)) [[unlikely]]
        return get_any(core, key, value, nullptr);
    if (format::hits_of(word) < format::kMaxHits || !core.tally.add_own(Count::hits)) [[unlikely]]
        return count_hit(core, *slot, word);
    return Code::ok;
}

[[gnu::noinline]] inline Status get_shorter(const Core& core, std::string_view key, std::string& value) {
    return get_short<1, 16>(core, key, value);
}

[[gnu::flatten]] inline Status get(const Core& core, std::string_view key, std::string& value, RecordInfo* info) {
    const bool may_be_ready = info == nullptr && value.size() <= kReadyBytes;
    if (may_be_ready && key.size() - 17 < 16) [[likely]]
        return get_short<17, 32>(core, key, value);
    if (may_be_ready && key.size() - 1 < 16) return get_shorter(core, key, value);
    return get_any(core, key, value, info);
}

// As get_short(), for a buffer.
[[gnu::flatten]] inline bool get_exactly(const Core& core, std::string_view key, std::span<std::byte> buffer) noexcept {
    if (key.size() - 1 >= kReadyKeyBytes || buffer.size() > kReadyBytes || core.loss_guard.has_lost()) return false;
    const std::uint64_t hash = core.hash(key);
    index::Slot* const slot = find_slot(*find_home(core, hash).bucket, hash);
    if (slot == nullptr) return false;
    const index::SlotWord word = slot->load(std::memory_order_acquire);
    const Glimpse record = glimpse(core, word, hash, key.size(), buffer.size());
    if (record.at == nullptr || !copy_glimpsed(record, key, buffer) || !still_there(*slot, word)) return false;
    mark_hit(core, *slot, word);
    core.count(Count::hits);
    return true;
}

/// As get_short(), for a key of a batch. False: cannot tell.
inline bool get_ready(const Core& core, const Prepared& prepared, std::string_view key, Lookup& lookup) {
    if (prepared.slot == nullptr || key.size() > kReadyKeyBytes || lookup.value.size() > kReadyBytes) return false;
    const index::SlotWord word = prepared.slot->load(std::memory_order_acquire);
    const Glimpse record = glimpse(core, word, prepared.home.hash, key.size(), lookup.value.size());
    if (record.at == nullptr || !copy_glimpsed(record, key, bytes_of(lookup.value)) || !still_there(*prepared.slot, word))
        return false;
    mark_hit(core, *prepared.slot, word);
    lookup.info = {};
    lookup.info.version = record.version;
    lookup.info.value_size = static_cast<std::uint32_t>(lookup.value.size());
    return true;
}

inline Code get_prepared(const Core& core, const Prepared& prepared, std::string_view key, Lookup& lookup, bool versions) {
    if (!is_key(key)) [[unlikely]] {
        lookup.status = check_key(key);
        return lookup.status.code();
    }
    const Code code = get_ready(core, prepared, key, lookup)
                          ? Code::ok
                          : read_uncounted(core, prepared.home, prepared.slot, key, lookup.value, &lookup.info);
    if (!versions) lookup.info.version = 0;
    lookup.status = code;
    return code;
}

// Each step for all keys of a group, so that their cache misses overlap. Keys in overflow buckets come last: what they wait for
// is on its way while the others are read.
[[gnu::flatten]] inline std::size_t get_many(const Core& core, std::span<const std::string_view> keys, std::span<Lookup> answers,
                                             bool versions) {
    std::size_t hits = 0;
    std::size_t refused = 0;
    std::array<Prepared, kBatchGroup> group;  // NOLINT(cppcoreguidelines-pro-type-member-init): each is set before it is used
    for (std::size_t begin = 0; begin < keys.size(); begin += kBatchGroup) {
        const std::size_t count = std::min(kBatchGroup, keys.size() - begin);
        auto finish = [&](std::size_t i) {
            const Code code = get_prepared(core, group[i], keys[begin + i], answers[begin + i], versions);
            hits += code == Code::ok;
            refused += code == Code::invalid_argument || code == Code::too_large;
        };
        prepare(core, keys.subspan(begin, count), group);
        std::uint32_t beyond = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (group[i].slot != nullptr)
                finish(i);
            else
                beyond |= 1U << i;
        }
        if (beyond != 0) prepare_beyond(core, std::span(group).first(count));
        for (; beyond != 0; beyond &= beyond - 1) finish(static_cast<std::size_t>(__builtin_ctz(beyond)));
    }
    core.count(Count::hits, hits);
    core.count(Count::misses, keys.size() - refused - hits);
    return hits;
}

inline constexpr QuickPaths kPaths{get, get_exactly, get_many};
inline constexpr QuickPaths kGuardedPaths{get_any, get_exactly, get_many};

}  // namespace LARDER_ISA

}  // namespace larder::cache::quick
