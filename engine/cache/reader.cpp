#include "engine/cache/reader.hpp"

#include "engine/platform/clock.hpp"
#include "engine/platform/fault_point.hpp"

#include <vector>

namespace larder::cache {

using format::SlotWord;
using index::Slot;
using region::RecordAt;

namespace {

// Scans lost to concurrent moves before a read gives up. Each needs a split or an overwrite within the tens of nanoseconds
// of a scan.
constexpr int kMostScans = 1000;

// Copies and, where wanted, verifies the payload of one record. `to` is private memory: what passes cannot change any more.
bool copy_payload(const Core& core, const RecordAt& record, std::uint64_t hash, std::byte* to) noexcept {
    const std::uint64_t sum =
        region::copy_and_sum_from_shared(to, core.region.at(record.payload_at()), record.meta.payload_bytes());
    return core.options.read_check == ReadCheck::never ||
           region::expected_checksum(core.region, record, sum, hash) == record.meta.checksum;
}

// A private copy of the table of fragments, whole and adding up to what the record says; empty if it is not.
std::vector<format::Fragment> copy_table(const Core& core, const RecordAt& owner, std::uint64_t hash) {
    std::vector<format::Fragment> table(owner.meta.fragments);
    std::uint64_t length = 0;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        table[i] = region::read_fragment(core.region, owner, i);
        length += table[i].length;
    }
    const std::uint64_t payload = format::payload_sum(table.data(), owner.meta.payload_bytes());
    const bool whole = region::expected_checksum(core.region, owner, payload, hash) == owner.meta.checksum;
    if (!whole || length != owner.meta.fragmented_bytes()) table.clear();
    return table;
}

// Fragments do not cross from the key into the value, and the key has been compared: only the value's are copied.
bool copy_fragments(const Core& core, const RecordAt& owner, const std::vector<format::Fragment>& table, std::uint64_t hash,
                    std::byte* to) noexcept {
    std::size_t position = 0;
    std::size_t key_left = owner.meta.has_long_key() ? owner.meta.key_length : 0;
    for (const format::Fragment& listed : table) {
        if (key_left != 0) {
            if (listed.length > key_left) return false;
            key_left -= listed.length;
            continue;
        }
        RecordAt fragment;
        if (!region::read_record(core.region, listed.offset, fragment) || !fragment.meta.is(format::kFragment)) return false;
        if (fragment.meta.value_length != listed.length || fragment.meta.checksum != listed.checksum) return false;
        if (!copy_payload(core, fragment, hash, to + position)) return false;
        position += listed.length;
    }
    return position == owner.meta.value_length;
}

// Whether a record may be served at all: not a part of another, and its time has not come.
Attempt check_kind(const RecordAt& record) noexcept {
    if (record.meta.is(format::kFragment)) return Attempt::other_key;
    if (record.meta.is(format::kLease)) return Attempt::expired;
    if (record.meta.expires_at_ms != 0 && platform::has_expired(record.meta.expires_at_ms)) return Attempt::expired;
    return Attempt::hit;
}

void fill_info(const Core& core, const RecordAt& record, RecordInfo& info) noexcept {
    info.version = region::version_of(core.region, record);
    info.expires_at_ms = record.meta.expires_at_ms;
    info.flags = record.meta.client_flags;
    info.value_size = record.meta.value_length;
}

Attempt take_value(const Core& core, const RecordAt& record, std::uint64_t hash, ValueSink& sink, RecordInfo* info) {
    if (info != nullptr) fill_info(core, record, *info);
    if (!sink.wants_value()) return Attempt::hit;
    std::vector<format::Fragment> table;
    if (record.meta.is(format::kFragmented)) {
        table = copy_table(core, record, hash);
        if (table.empty()) return Attempt::corrupt;
    }
    std::byte* to = sink.prepare(record.meta.value_length);
    if (to == nullptr) return Attempt::too_small;
    const bool whole = table.empty() ? copy_payload(core, record, hash, to) : copy_fragments(core, record, table, hash, to);
    return whole ? Attempt::hit : Attempt::corrupt;
}

}  // namespace

Attempt read_slot(const Core& core, const Slot& slot, SlotWord word, std::string_view key, std::uint64_t hash, ValueSink& sink,
                  RecordInfo* info) {
    RecordAt record;
    Attempt attempt = Attempt::other_key;
    if (region::read_record(core.region, format::offset_of(word), record)) {
        if (record.meta.value_length > 64) __builtin_prefetch(core.region.at(record.offset) + 64);
        if (region::has_key(core.region, record, key)) {
            attempt = check_kind(record);
            if (attempt == Attempt::hit) attempt = take_value(core, record, hash, sink, info);
        }
    }
    return still_there(slot, word) ? attempt : Attempt::changed;
}

Attempt read_any(const Core& core, const Slot& slot, SlotWord word, std::string& key, std::string* value, RecordInfo& info) {
    RecordAt record;
    if (!region::read_record(core.region, format::offset_of(word), record))
        return still_there(slot, word) ? Attempt::corrupt : Attempt::changed;
    Attempt attempt = check_kind(record);
    if (attempt == Attempt::hit) {
        if (!region::copy_key(core.region, record, key)) return still_there(slot, word) ? Attempt::corrupt : Attempt::changed;
        ValueSink sink = value != nullptr ? ValueSink(StringSink(*value)) : ValueSink(NoSink());
        attempt = take_value(core, record, core.hash(key), sink, &info);
    }
    return still_there(slot, word) ? attempt : Attempt::changed;
}

Code read_value(const Core& core, std::string_view key, std::uint64_t hash, ValueSink sink, RecordInfo* info, bool marks) {
    const std::uint32_t shard = core.geometry().shard_of(hash);
    const std::atomic<std::uint64_t>& directory = core.region.shard(shard).directory;
    for (int scan = 0; scan < kMostScans; ++scan) {
        const std::uint64_t before = directory.load(std::memory_order_acquire);
        index::Bucket& bucket = index::main_bucket(core.region, shard, hash, format::unpack_directory(before).buckets);
        Attempt attempt = Attempt::other_key;
        Slot* hit = nullptr;
        SlotWord hit_word = 0;
        auto accept = [&](Slot& slot, SlotWord word) {
            attempt = read_slot(core, slot, word, key, hash, sink, info);
            hit = &slot;
            hit_word = word;
            return attempt != Attempt::other_key;
        };
        const std::uint16_t tag = format::tag_from_hash(hash);
        const bool in_chain = index::scan_chain(core.region, shard, &bucket, tag, accept);
        LARDER_FAULT_POINT("read.displaced");
        if (!in_chain) index::scan_displaced(core.region, shard, tag, accept);
        std::atomic_thread_fence(std::memory_order_acquire);
        const bool proven = in_chain && attempt != Attempt::changed;
        if (!proven && (attempt == Attempt::changed || directory.load(std::memory_order_relaxed) != before)) {
            core.count(Count::retries);
            continue;
        }
        if (attempt == Attempt::hit && marks) mark_hit(core, *hit, hit_word);
        if (attempt == Attempt::hit) return Code::ok;
        if (attempt == Attempt::too_small) return Code::size_mismatch;
        return attempt == Attempt::corrupt ? Code::corrupt : Code::not_found;
    }
    return Code::busy;
}

}  // namespace larder::cache
