// The code behind QuickPaths, for the instruction set that the including source is compiled for.
#pragma once

#include "engine/cache/attachment.hpp"
#include "engine/cache/quick_paths.hpp"
#include "engine/cache/quick_read.hpp"
#include "engine/cache/quick_write.hpp"
#include "engine/cache/writer.hpp"

#include <algorithm>
#include <array>

namespace larder::cache::quick {

inline namespace LARDER_ISA {

/// What the general way has to tell.
inline constexpr Code kCannotTell = Code::busy;

/// Any key, any record, and an answer that is whole.
[[gnu::flatten, gnu::noinline]] inline Status get_any(const Core& core, std::string_view key, std::string& value,
                                                      RecordInfo* info) {
    if (Status status = check_key(key); !status.ok()) return status;
    if (info != nullptr) core.note_version_seen();
    const Home home = find_home(core, core.hash(key));
    const Code code = read_uncounted(core, home, find_slot(*home.bucket, home.hash), key, value, info);
    core.count(code == Code::ok ? Count::hits : Count::misses);
    if (core.loss_guard.has_lost()) [[unlikely]]
        return lost_file(core);
    return to_status(code);
}

[[gnu::noinline]] inline Code count_hit(const Core& core, index::Slot& slot, index::SlotWord word) {
    mark_hit(core, slot, word);
    core.count(Count::hits);
    return Code::ok;
}

[[gnu::noinline]] inline Code count_miss(const Core& core) {
    core.count(Count::misses);
    return Code::not_found;
}

/// Any record.
[[gnu::flatten, gnu::noinline]] inline Code get_hashed(const Core& core, std::string_view key, std::string& value,
                                                       std::uint64_t hash) {
    const Home home = find_home(core, hash);
    const Code code = read_uncounted(core, home, find_slot(*home.bucket, hash), key, value, nullptr);
    if (code == Code::not_found) return count_miss(core);
    if (code == Code::ok) core.count(Count::hits);
    return code;
}

struct Lengths {
    std::size_t least;
    std::size_t most;
    constexpr bool hold(std::size_t length) const noexcept { return length - least <= most - least; }
};

/// What most gets are: a key in its home bucket or the first behind it, and a value of the length that `value` has. So few
/// instructions, and no address that hangs on the record's first line, that the processor begins the next lookup while this one
/// waits for memory (bench/README.md). Hence no calls but for those that end it, and as few values at a time as fit the
/// registers. REQUIRES: lengths in these ranges.
template <Lengths kKey, Lengths kValue>
[[gnu::flatten, gnu::always_inline]] inline Code get_short(const Core& core, std::string_view key, std::string& value) {
    static_assert(kKey.most <= kReadyKeyBytes && kValue.most <= kReadyBytes);
    const std::size_t length = value.size();
    if (!kKey.hold(key.size()) || !kValue.hold(length)) __builtin_unreachable();
    const std::uint64_t hash = core.hash(key);
    // Else the compiler keeps where the key's last bytes are, which the hash needs, to the comparison: one register too many.
    key = {key.data(), platform::opaque(key.size())};
    if (!kKey.hold(key.size())) __builtin_unreachable();
    const Home home = find_home(core, hash);
    index::Slot* slot = find_slot(*home.bucket, hash);
    if (slot == nullptr) [[unlikely]] {
        LARDER_FAULT_POINT("read.next_bucket");
        index::Bucket* const next = index::next_in_chain(core.region, core.geometry().shard_of(hash), *home.bucket);
        if (next == nullptr && is_certain_miss(core, home))
            return core.tally.add_own(Count::misses) ? Code::not_found : count_miss(core);
        if (next == nullptr || (slot = find_slot(*next, hash)) == nullptr) return get_hashed(core, key, value, hash);
    }
    const index::SlotWord word = slot->load(std::memory_order_acquire);
    const Glimpse record = glimpse(core, word, hash, key.size(), length);
    if (record.at == nullptr) [[unlikely]]
        return get_hashed(core, key, value, hash);
    if (!copy_glimpsed(record, key, bytes_of(value).first(length)) || !still_there(*slot, word)) [[unlikely]]
        return kCannotTell;
    if (format::hits_of(word) < format::kMaxHits || !core.tally.add_own(Count::hits)) [[unlikely]]
        return count_hit(core, *slot, word);
    return Code::ok;
}

/// Lengths that take the same way through the hash, and through the copy.
inline constexpr Lengths kShortestKeys{1, 16};
inline constexpr Lengths kShortKeys{17, 32};
inline constexpr Lengths kTwoStripes{format::kStripeBytes + 1, kReadyBytes};
inline constexpr Lengths kAnyReady{0, kReadyBytes};

[[gnu::noinline]] inline Code get_other(const Core& core, std::string_view key, std::string& value) {
    if (kAnyReady.hold(value.size())) {
        if (kShortKeys.hold(key.size())) return get_short<kShortKeys, kAnyReady>(core, key, value);
        if (kShortestKeys.hold(key.size())) return get_short<kShortestKeys, kAnyReady>(core, key, value);
    }
    return is_key(key) ? get_hashed(core, key, value, core.hash(key)) : kCannotTell;
}

[[gnu::flatten]] inline Code get(const Core& core, std::string_view key, std::string& value) {
    if (kShortKeys.hold(key.size()) && kTwoStripes.hold(value.size())) [[likely]]
        return get_short<kShortKeys, kTwoStripes>(core, key, value);
    return get_other(core, key, value);
}

/// For a handle that asks after each call whether it has lost its file.
inline Code leave_to_general(const Core&, std::string_view, std::string&) { return kCannotTell; }

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

/// REQUIRES: a key of a length in this range, and a value of kQuickValueBytes at most.
template <Lengths kKey>
[[gnu::flatten, gnu::noinline]] inline bool set_sized(Core& core, std::string_view key, std::string_view value,
                                                      std::int64_t expires_at_ms) {
    if (!kKey.hold(key.size())) __builtin_unreachable();
    const std::size_t bytes = format::simple_record_bytes(key.size(), value.size(), expires_at_ms != 0);
    return store_simple(core, {key, value, core.hash(key), expires_at_ms, static_cast<std::uint32_t>(bytes)});
}

inline constexpr Lengths kSimpleKeys{1, format::kMaxShortKeyBytes};

inline bool set(Core& core, std::string_view key, std::string_view value, std::int64_t expires_at_ms) {
    if (value.size() > kQuickValueBytes) return false;
    if (kShortKeys.hold(key.size())) [[likely]]
        return set_sized<kShortKeys>(core, key, value, expires_at_ms);
    return kSimpleKeys.hold(key.size()) && set_sized<kSimpleKeys>(core, key, value, expires_at_ms);
}

/// For a handle that asks after each call whether it has lost its file.
inline bool set_guarded(Core& core, std::string_view key, std::string_view value, std::int64_t expires_at_ms) {
    return !core.loss_guard.has_lost() && set(core, key, value, expires_at_ms) && !core.loss_guard.has_lost();
}

inline constexpr QuickPaths kPaths{get, get_any, get_exactly, get_many, set};
inline constexpr QuickPaths kGuardedPaths{leave_to_general, get_any, get_exactly, get_many, set_guarded};

}  // namespace LARDER_ISA

}  // namespace larder::cache::quick
