#include "engine/cache/writer.hpp"

#include "engine/cache/evacuation.hpp"
#include "engine/cache/index_upkeep.hpp"
#include "engine/cache/reader.hpp"
#include "engine/cache/record_writer.hpp"
#include "engine/cache/shard_guard.hpp"
#include "engine/index/chain.hpp"
#include "engine/platform/clock.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/segments/ghosts.hpp"
#include "engine/segments/log.hpp"
#include "engine/segments/policy.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace larder::cache {
namespace {

// A record found under the lock; nothing changes it until the lock is released.
struct Present {
    Found found;
    RecordAt record;
    explicit operator bool() const noexcept { return static_cast<bool>(found); }
};

void drop_expired(Core& core, LockedShard& shard, const Present& present, std::uint64_t hash) {
    publish(shard, *present.found.slot, 0);
    core.count(Count::expirations);
    index::tidy_chain(shard, hash);
}

// Drops an expired record it meets: under the lock, what has expired is absent. Not returned but filled in: a copy of what has
// just been stored in pieces waits for all of them.
void find_present(Core& core, LockedShard& shard, std::string_view key, std::uint64_t hash, Present& present) {
    index::scan_chain(shard.region, shard.id, &index::home_bucket(shard, hash), format::tag_from_hash(hash),
                      [&](Slot& slot, SlotWord word) {
                          if (!region::read_record(shard.region, format::offset_of(word), present.record) ||
                              present.record.meta.is(format::kFragment) || !region::has_key(shard.region, present.record, key))
                              return false;
                          present.found = {&slot, word};
                          return true;
                      });
    if (!present || present.record.meta.expires_at_ms == 0 || !platform::has_expired(present.record.meta.expires_at_ms)) return;
    drop_expired(core, shard, present, hash);
    present.found = {};
}

std::int64_t expiry_for(Ttl ttl, const Present& present) noexcept {
    if (ttl.is_keep()) return present ? present.record.meta.expires_at_ms : 0;
    return expiry_of(ttl);
}

Status check_condition(LockedShard& shard, const StoreRequest& request, const Present& present) {
    switch (request.condition) {
        case Condition::always:
            return Code::ok;
        case Condition::if_absent:
            return present ? Code::exists : Code::ok;
        case Condition::if_present:
            return present ? Code::ok : Code::not_found;
        case Condition::if_version:
            break;
    }
    if (!present) return Code::not_found;
    return region::version_of(shard.region, present.record) == request.expected_version ? Code::ok : Code::version_mismatch;
}

Queue queue_for(LockedShard& shard, const Present& present, const NewRecord& record) noexcept {
    if (present) return segments::queue_of(shard.region.segment_at(present.record.offset));
    return queue_for_new(shard, record.key_hash, whole_bytes(record));
}

// Making space may fill or seal the segment that part of the value was to go to: then a little more is needed.
Status make_spares_for(Core& core, LockedShard& shard, Queue queue, const NewRecord& record, bool& moved) {
    constexpr int kTries = 8;
    Status status;
    for (int i = 0; i < kTries && status.ok(); ++i) {
        const std::uint32_t needed = segments_needed(shard, queue, record);
        if (needed == 0 || shard.header.spare_count >= needed + segments::kReserve) break;
        status = make_spares(core, shard, needed, moved);
    }
    return status;
}

SlotWord write_record(Core& core, LockedShard& shard, Queue queue, const NewRecord& record, bool& moved, Status& status) {
    const std::size_t bytes = whole_bytes(record);
    keep_room_for_survivors(core, shard, queue, bytes, moved);
    const bool fits = segments::room_in(shard, queue) >= bytes;
    if ((!fits || record.key.size() > format::kMaxInlineKeyBytes) && prefers_fragments(shard, record)) {
        // What was written before space ran out after all (others lower the capacity meanwhile) is dead, and makes room.
        constexpr int kTries = 4;
        for (int i = 0; i < kTries; ++i) {
            status = make_spares_for(core, shard, queue, record, moved);
            if (!status.ok()) return 0;
            const SlotWord word = write_fragmented(shard, queue, record);
            if (word != 0) return word;
        }
        status = {Code::full, "no space for a value of " + std::to_string(record.value_length()) + " bytes"};
        return 0;
    }
    status = make_room(core, shard, queue, bytes, moved);
    return status.ok() ? write_whole(shard, queue, record) : 0;
}

// Writes the record and leads the key's slot to it. `present` is what the key led to; it may be found anew on the way, if
// space had to be made.
Status put(Core& core, LockedShard& shard, const NewRecord& record, const Present& present, bool& replaced) {
    if (record.value_length() > max_value_bytes(core)) {
        return {Code::too_large, "a value of " + std::to_string(record.value_length()) + " bytes is above the limit of " +
                                     std::to_string(max_value_bytes(core))};
    }
    const Queue queue = queue_for(shard, present, record);
    bool moved = false;
    Status status;
    shard.spared_hash = record.key_hash;
    // All that may move or drop records comes before the record is written: until it is published nothing protects it.
    Slot* slot = present ? present.found.slot : empty_slot(core, shard, record.key_hash);
    if (slot == nullptr) {
        return {Code::full, "the index of shard " + std::to_string(shard.id) + " has no room"};
    }
    const SlotWord word = write_record(core, shard, queue, record, moved, status);
    if (!status.ok()) return status;
    if (word == 0) return {Code::corrupt, "what shard " + std::to_string(shard.id) + " says of its active segments is damaged"};
    replaced = static_cast<bool>(present);
    if (moved) {
        Present now;
        find_present(core, shard, record.key, record.key_hash, now);
        replaced = static_cast<bool>(now);
        slot = now ? now.found.slot : empty_slot_at_once(core, shard, record.key_hash);
    }
    if (replaced) {
        publish(shard, *slot, word | format::hits_of(slot->load(std::memory_order_relaxed)));
    } else {
        if (slot == nullptr) return {Code::full, "the index of shard " + std::to_string(shard.id) + " has no room"};
        publish(shard, *slot, word);
        grow_index(core, shard);
    }
    keep_pace(core, shard, queue, whole_bytes(record));
    return Code::ok;
}

Status put_and_count(Core& core, LockedShard& shard, const NewRecord& record, const Present& present) {
    bool replaced = false;
    Status status = put(core, shard, record, present, replaced);
    if (!status.ok()) return status;
    core.count(Count::sets);
    if (replaced) core.count(Count::replaced);
    return Code::ok;
}

// Reads a present record's value under the lock.
Status read_present(const Core& core, const Present& present, std::string_view key, std::uint64_t hash, std::string& value,
                    RecordInfo* info) {
    ValueSink sink = StringSink(value);
    const Attempt attempt = read_slot(core, *present.found.slot, present.found.word, key, hash, sink, info);
    if (attempt == Attempt::hit) return Code::ok;
    if (attempt == Attempt::expired) return Code::not_found;
    return {Code::corrupt, "the record's bytes do not have its checksum"};
}

bool parse_number(const std::string& text, std::int64_t& number) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

void report_version(LockedShard& shard, std::string_view key, std::uint64_t hash, Core& core, std::uint64_t& version) {
    core.note_version_seen();
    Present now;
    find_present(core, shard, key, hash, now);
    version = now ? region::version_of(shard.region, now.record) : 0;
}

}  // namespace

std::uint64_t max_value_bytes(const Core& core) noexcept {
    // A value's table of fragments must fit one segment, behind the longest key that is kept in place.
    const std::uint64_t segment = core.geometry().segment_size;
    const std::uint64_t listed = (segment - format::kMaxInlineKeyBytes - 2 * format::kMaxFieldBytes) / sizeof(format::Fragment);
    const std::uint64_t most = std::min((listed - 4) * (segment - 2 * format::kMaxFieldBytes), format::kMaxValueBytes);
    return std::min(core.region.header().capacity.load(std::memory_order_relaxed) / 8, most);
}

Status check_key(std::string_view key) {
    if (key.empty()) return {Code::invalid_argument, "the key is empty"};
    if (key.size() > format::kMaxKeyBytes)
        return {Code::too_large, "a key of " + std::to_string(key.size()) + " bytes is above the limit of 65535"};
    return Code::ok;
}

std::int64_t expire_after(std::int64_t milliseconds) noexcept {
    if (milliseconds <= 0) return 1;
    const std::int64_t now = platform::now_ms();
    constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
    return milliseconds > kLatest - now ? kLatest : now + milliseconds;
}

Queue queue_for_new(LockedShard& shard, std::uint64_t hash, std::size_t bytes) noexcept {
    const segments::Ghost ghost = segments::forget_ghost(shard, hash);
    segments::adapt_shares(shard, ghost, bytes);
    return ghost.found ? Queue::main : Queue::small;
}

Status store_locked(Core& core, LockedShard& shard, const StoreRequest& request, std::uint64_t hash, std::uint64_t* version) {
    // The cache misses of looking the key up, and of writing its record, overlap.
    for (const Queue queue : {Queue::small, Queue::main}) segments::prefetch_tail(shard, queue);
    segments::prefetch_ghosts(shard, hash);
    Present present;
    find_present(core, shard, request.key, hash, present);
    if (Status status = check_condition(shard, request, present); !status.ok()) return status;
    NewRecord record{request.key, hash, request.value};
    record.client_flags = request.options.flags;
    record.expires_at_ms = expiry_for(request.options.ttl, present);
    if (Status status = put_and_count(core, shard, record, present); !status.ok()) return status;
    if (version != nullptr) report_version(shard, request.key, hash, core, *version);
    return Code::ok;
}

Status store(Core& core, const StoreRequest& request, std::uint64_t* version) {
    if (!is_key(request.key)) [[unlikely]]
        return check_key(request.key);
    const std::uint64_t hash = core.hash(request.key);
    ShardGuard guard(core, core.geometry().shard_of(hash));
    if (!guard.status().ok()) return guard.status();
    return store_locked(core, *guard, request, hash, version);
}

Status remove(Core& core, std::string_view key) {
    if (Status status = check_key(key); !status.ok()) return status;
    const std::uint64_t hash = core.hash(key);
    ShardGuard guard(core, core.geometry().shard_of(hash));
    if (!guard.status().ok()) return guard.status();
    Present present;
    find_present(core, *guard, key, hash, present);
    if (!present) return Code::not_found;
    publish(*guard, *present.found.slot, 0);
    core.count(Count::removes);
    index::tidy_chain(*guard, hash);
    return Code::ok;
}

Status touch(Core& core, std::string_view key, Ttl ttl, std::string* value, RecordInfo* info) {
    if (Status status = check_key(key); !status.ok()) return status;
    const std::uint64_t hash = core.hash(key);
    ShardGuard guard(core, core.geometry().shard_of(hash));
    if (!guard.status().ok()) return guard.status();
    Present present;
    find_present(core, *guard, key, hash, present);
    if (value != nullptr) core.count(present ? Count::hits : Count::misses);
    if (!present) return Code::not_found;
    std::string own;
    std::string& bytes = value != nullptr ? *value : own;
    if (Status status = read_present(core, present, key, hash, bytes, info); !status.ok()) return status;
    if (value != nullptr) mark_hit(core, *present.found.slot, present.found.word);
    const std::int64_t expires_at = expiry_for(ttl, present);
    if (info != nullptr) info->expires_at_ms = expires_at;
    if (expires_at == present.record.meta.expires_at_ms) return Code::ok;
    NewRecord record{key, hash, bytes};
    record.client_flags = present.record.meta.client_flags;
    record.expires_at_ms = expires_at;
    record.version = region::version_of(guard->region, present.record);
    bool replaced = false;
    Status status = put(core, *guard, record, present, replaced);
    // Evicted to make space for itself, and stored anew: then it counts as a set.
    if (status.ok() && !replaced) core.count(Count::sets);
    return status;
}

Result<std::int64_t> count_by(Core& core, std::string_view key, const Counting& counting, const WriteOptions& options) {
    if (Status status = check_key(key); !status.ok()) return status;
    const std::uint64_t hash = core.hash(key);
    ShardGuard guard(core, core.geometry().shard_of(hash));
    if (!guard.status().ok()) return guard.status();
    Present present;
    find_present(core, *guard, key, hash, present);
    std::string text;
    if (present) {
        const Status status = read_present(core, present, key, hash, text, nullptr);
        if (!status.ok() && status.code() != Code::not_found) return status;
        if (!status.ok()) {
            // Its time has come since it was found.
            drop_expired(core, *guard, present, hash);
            present = {};
        }
    }
    std::int64_t number = counting.initial;
    NewRecord record{key, hash, {}};
    record.client_flags = options.flags;
    Ttl ttl = options.ttl;
    if (present) {
        if (!parse_number(text, number)) return Status(Code::not_a_number, "the value is not a decimal 64-bit integer");
        const bool beyond = counting.down ? __builtin_sub_overflow(number, counting.delta, &number)
                                          : __builtin_add_overflow(number, counting.delta, &number);
        if (beyond) return Status(Code::not_a_number, "the sum is beyond 64 bits");
        record.client_flags = present.record.meta.client_flags;
        if (ttl.is_never()) ttl = Ttl::keep();
    }
    record.expires_at_ms = expiry_for(ttl, present);
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    record.value = std::string_view(digits, static_cast<std::size_t>(end - digits));
    if (Status status = put_and_count(core, *guard, record, present); !status.ok()) return status;
    return number;
}

Status extend(Core& core, std::string_view key, std::string_view addition, bool at_end) {
    if (Status status = check_key(key); !status.ok()) return status;
    const std::uint64_t hash = core.hash(key);
    ShardGuard guard(core, core.geometry().shard_of(hash));
    if (!guard.status().ok()) return guard.status();
    Present present;
    find_present(core, *guard, key, hash, present);
    if (!present) return Code::not_found;
    std::string bytes;
    if (Status status = read_present(core, present, key, hash, bytes, nullptr); !status.ok()) return status;
    NewRecord record{key, hash, at_end ? std::string_view(bytes) : addition, at_end ? addition : std::string_view(bytes)};
    record.client_flags = present.record.meta.client_flags;
    record.expires_at_ms = present.record.meta.expires_at_ms;
    return put_and_count(core, *guard, record, present);
}

Status clear_shard(Core& core, std::uint32_t shard) {
    ShardGuard guard(core, shard);
    if (!guard.status().ok()) return guard.status();
    const std::uint32_t buckets = index::bounded_buckets(guard->region, shard);
    for (std::uint32_t i = 0; i < buckets; ++i) {
        format::Bucket& main = guard->region.bucket(shard, i);
        index::for_each_slot(guard->region, shard, &main, [&](Slot& slot, SlotWord) {
            publish(*guard, slot, 0);
            core.count(Count::removes);
        });
        index::drop_empty_overflow(*guard, main);
    }
    release_empty_shard(core, *guard);
    return Code::ok;
}

}  // namespace larder::cache
