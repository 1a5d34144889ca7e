#include "engine/cache/shard_recovery.hpp"

#include "engine/cache/directory_mending.hpp"
#include "engine/cache/offset_sort.hpp"
#include "engine/cache/repair.hpp"
#include "engine/index/chain.hpp"
#include "engine/index/growth.hpp"
#include "engine/index/lookup.hpp"
#include "engine/index/overflow.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>

namespace larder::cache {

using format::Bucket;
using format::kSlotsPerBucket;
using format::SegmentUse;
using format::Slot;
using format::SlotWord;
using region::RecordAt;

namespace {

constexpr std::uint32_t kNoChain = 0xffffffff;
// How far ahead of its reading each thread asks the kernel for segments.
constexpr std::uint64_t kReadAheadBytes = std::uint64_t{8} << 20;
// How many records ahead the processor is told of the next: it follows a sequence by itself, but not over the end of a page.
constexpr std::size_t kFetchAhead = 8;

// Which of two records of one key was written later.
std::pair<std::uint64_t, std::uint64_t> age_of(const region::Region& region, std::uint64_t offset) noexcept {
    return {region.generation(region.geometry().segment_of(offset)).load(std::memory_order_relaxed), offset};
}

// Whether any two words of a bucket have one tag. Most buckets are done with that.
bool has_equal_tags(const Bucket& bucket) noexcept {
    std::array<std::uint32_t, kSlotsPerBucket> tags{};
    for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {
        const SlotWord word = bucket.slots[i].load(std::memory_order_relaxed);
        tags[i] = format::is_empty(word) ? (1U << format::kTagBits) + i : format::tag_of(word);
    }
    std::uint32_t equal = 0;
    for (unsigned distance = 1; distance <= kSlotsPerBucket / 2; ++distance) {
        for (unsigned i = 0; i < kSlotsPerBucket; ++i) equal |= tags[i] == tags[(i + distance) % kSlotsPerBucket] ? 1U : 0U;
    }
    return equal != 0;
}

// Fills the stretch between two whole records, so that walks go over it.
void write_filler(const region::Region& region, std::uint64_t offset, std::uint64_t bytes) {
    format::RecordMeta meta;
    meta.value_length = static_cast<std::uint32_t>(bytes - format::kRecordHeaderBytes);
    if (meta.value_length > 0xffff) {
        meta.value_length -= 8;
        meta.flags = format::kWide;
    }
    std::byte head[format::kMaxFieldBytes];
    std::memcpy(region.at(offset), head, format::encode_meta(meta, head));
}

}  // namespace

void ShardRecovery::run(const WalkedBytes& walked) {
    shard_.header.lock.store(0, std::memory_order_relaxed);
    shard_.header.note_old.store(0, std::memory_order_relaxed);
    shard_.header.note_new.store(0, std::memory_order_relaxed);
    for (auto& ends : shard_.header.queues) ends.active = format::kNoSegment;
    bound_shard_header(shard_);
    // Who asks for a recovery has reason not to believe the file; after a power cut the directory is that of some moment.
    if (doubts_directory_) correct_directory(shard_, [this](std::uint32_t segment) { return space_.allocate(segment); });
    buckets_ = index::bounded_buckets(shard_.region, shard_.id);
    gather();
    confirm_all(walked);
    for (const std::uint32_t home : scratch_.doubtful) drop_doubles(home);
    if (!scratch_.strays.empty()) free_unused_buckets();
    for (const Stray& stray : scratch_.strays) bring_home(stray);
    settle_segments();
    is_as_found_ = is_as_found_ && scratch_.strays.empty();
    if (is_as_found_) settle_index_as_found();
}

// Nothing was emptied and nothing moves: the chains are right, and were counted.
void ShardRecovery::settle_index_as_found() {
    std::vector<bool> in_use(scratch_.chains.size());
    for (std::size_t number = 0; number < in_use.size(); ++number) in_use[number] = scratch_.chains[number] != kNoChain;
    index::rebuild_overflow_list(shard_, in_use);
    shard_.header.records.store(records_, std::memory_order_relaxed);
}

void ShardRecovery::finish() {
    if (is_as_found_) return;
    // The link takes a slot whose word has a copy in the new bucket, or at its home.
    for (const Pending& pending : pending_) {
        const std::uint64_t offset = index::offset_in_file(shard_, *pending.bucket);
        pending.link->store(format::make_link(offset), std::memory_order_release);
    }
    for (const Place& place : places_to_clear_) {
        if (place.slot->load(std::memory_order_relaxed) == place.word) place.slot->store(0, std::memory_order_release);
    }
    for (format::Displaced& displaced : shard_.header.displaced) displaced.by_word.store(0, std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < buckets_; ++i) index::drop_empty_overflow(shard_, shard_.region.bucket(shard_.id, i));
    index::recount_index(shard_);
}

// ---- which words are whole ----

// Links beyond the shard's overflow buckets, and to one that a chain has already, are cut.
void ShardRecovery::follow_chain(std::uint32_t home) {
    std::vector<std::uint32_t>& chains = scratch_.chains;
    Bucket* bucket = &shard_.region.bucket(shard_.id, home);
    for (int hops = 1; bucket != nullptr; ++hops) {
        Slot& last = bucket->slots[kSlotsPerBucket - 1];
        const SlotWord word = last.load(std::memory_order_relaxed);
        if (!format::is_link(word, shard_.geometry())) return;
        bucket = index::next_in_chain(shard_.region, shard_.id, *bucket);
        const std::uint64_t number = bucket != nullptr ? index::overflow_number(shard_, format::offset_of(word)) : 0;
        if (bucket == nullptr || number >= chains.size() || chains[number] != kNoChain || hops >= index::kMaxChain) {
            empty(last);
            return;
        }
        chains[number] = home;
    }
}

void ShardRecovery::gather() {
    scratch_.order.clear();
    scratch_.chains.assign(index::bounded_overflow_used(shard_), kNoChain);
    scratch_.doubtful.clear();
    for (std::uint32_t i = 0; i < buckets_; ++i) {
        follow_chain(i);
        Bucket& bucket = shard_.region.bucket(shard_.id, i);
        records_ += gather_from(bucket, true);
        if (has_equal_tags(bucket) || index::next_in_chain(shard_.region, shard_.id, bucket) != nullptr)
            scratch_.doubtful.push_back(i);
    }
    for (std::uint64_t number = 0; number < scratch_.chains.size(); ++number) {
        const bool is_in_chain = scratch_.chains[number] != kNoChain;
        const unsigned found = gather_from(index::overflow_bucket(shard_, number), is_in_chain);
        if (is_in_chain) records_ += found;
    }
    gather_displaced();
    scratch_.order.sort(shard_.geometry());
}

// What was displaced by another key's word is astray until it has been brought home; all others are dead.
void ShardRecovery::gather_displaced() {
    for (format::Displaced& displaced : shard_.header.displaced) {
        if (is_hidden(displaced)) {
            scratch_.order.add(shard_.geometry(), {&displaced.word, displaced.word.load(std::memory_order_relaxed)});
        } else {
            displaced.word.store(0, std::memory_order_relaxed);
            displaced.by_word.store(0, std::memory_order_relaxed);
        }
    }
    shard_.header.displaced_count = 0;
}

// Where the record that displaced it is not whole nobody can tell: better none of its key's than one that was replaced.
bool ShardRecovery::is_hidden(const format::Displaced& displaced) {
    const SlotWord word = displaced.word.load(std::memory_order_relaxed);
    const SlotWord by_word = displaced.by_word.load(std::memory_order_relaxed);
    RecordAt record;
    for (const SlotWord each : {word, by_word}) {
        const std::uint64_t offset = format::offset_of(each);
        if (!shard_.geometry().holds_records(offset) || !space_.allocate(shard_.geometry().segment_of(offset)) ||
            !region::read_record(shard_.region, offset, record) ||
            (record.meta.is(format::kFragmented) && !fragments_have_space(record)))
            return false;
    }
    const std::uint64_t hash = region::owner_hash(shard_.region, record);
    return fits_place(by_word, record, hash) && region::checksum_holds(shard_.region, record, hash) &&
           !region::same_key(shard_.region, word, by_word);
}

// Returns how many words may lead to records.
unsigned ShardRecovery::gather_from(Bucket& bucket, bool is_in_chain) {
    unsigned found = 0;
    for (unsigned i = 0; i < kSlotsPerBucket; ++i) {
        Slot& slot = bucket.slots[i];
        const SlotWord word = slot.load(std::memory_order_relaxed);
        if (format::is_empty(word)) continue;
        if (shard_.geometry().holds_records(format::offset_of(word))) {
            scratch_.order.add(shard_.geometry(), {&slot, word});
            ++found;
        } else if (!format::is_link(word, shard_.geometry())) {
            empty(slot);
            ++dropped_slots_;
        } else if (i + 1 < kSlotsPerBucket && is_in_chain) {
            // The free list's, in a bucket that is in a chain once more.
            empty(slot);
        }
    }
    return found;
}

void ShardRecovery::confirm_all(const WalkedBytes& walked) {
    scratch_.strays.clear();
    scratch_.parts.clear();
    scratch_.dropped.clear();
    const std::vector<SlotOrder::Group>& groups = scratch_.order.groups();
    const std::size_t window = std::max<std::size_t>(kReadAheadBytes / shard_.geometry().segment_size, 2);
    std::size_t asked = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        for (; asked < std::min(groups.size(), i + window); ++asked)
            shard_.region.will_need(shard_.geometry().segment_at(groups[asked].segment), shard_.geometry().segment_size);
        const std::size_t before = scratch_.parts.size();
        const std::span<const Place> places = scratch_.order.places_of(groups[i]);
        for (std::size_t place = 0; place < places.size(); ++place) {
            if (place + kFetchAhead < places.size())
                __builtin_prefetch(shard_.region.at(format::offset_of(places[place + kFetchAhead].word)));
            confirm_or_drop(places[place]);
        }
        std::uint64_t bytes = 0;
        for (std::size_t part = before; part < scratch_.parts.size(); ++part) bytes += scratch_.parts[part].bytes;
        walked(bytes);
    }
}

void ShardRecovery::confirm_or_drop(const Place& place) {
    std::vector<Part>& parts = scratch_.parts;
    const std::size_t before = parts.size();
    std::uint32_t home = 0;
    if (!confirm(place, home)) {
        parts.resize(before);
        empty(*place.slot);
        ++dropped_slots_;
        return;
    }
    // A word may stand in two places: its record counts once.
    const std::uint64_t offset = format::offset_of(place.word);
    if (offset == confirmed_) parts.resize(before);
    confirmed_ = offset;
    if (chain_of(*place.slot) != home) scratch_.strays.push_back({place, home});
}

// Adds the record's parts, also when it returns false. What has no space is not even looked at: that takes some on tmpfs. And a
// whole record whose segment has none, on a full disk, was written after the last flush.
bool ShardRecovery::confirm(const Place& place, std::uint32_t& home) {
    RecordAt record;
    if (!space_.allocate(shard_.geometry().segment_of(format::offset_of(place.word)))) return false;
    if (!region::read_record(shard_.region, format::offset_of(place.word), record)) return false;
    if (record.meta.is(format::kFragmented) && !fragments_have_space(record)) return false;
    const std::uint64_t hash = region::owner_hash(shard_.region, record);
    if (!fits_place(place.word, record, hash) || !region::checksum_holds(shard_.region, record, hash)) return false;
    home = format::bucket_of(hash, buckets_);
    scratch_.parts.push_back({record.offset, static_cast<std::uint32_t>(record.meta.stored_bytes())});
    return !record.meta.is(format::kFragmented) || fragments_are_whole(record, hash);
}

bool ShardRecovery::fits_place(SlotWord word, const RecordAt& record, std::uint64_t hash) const noexcept {
    const std::uint64_t generation =
        shard_.region.generation(shard_.geometry().segment_of(record.offset)).load(std::memory_order_relaxed);
    return record.meta.key_length != 0 && !record.meta.is(format::kFragment) && shard_.geometry().shard_of(hash) == shard_.id &&
           format::tag_of(word) == format::tag_from_hash(hash) && format::same_generation(word, generation);
}

bool ShardRecovery::fragments_have_space(const RecordAt& owner) {
    for (std::uint32_t i = 0; i < owner.meta.fragments; ++i) {
        const std::uint64_t offset = region::read_fragment(shard_.region, owner, i).offset;
        if (!shard_.geometry().holds_records(offset) || !space_.allocate(shard_.geometry().segment_of(offset))) return false;
    }
    return true;
}

bool ShardRecovery::fragments_are_whole(const RecordAt& owner, std::uint64_t hash) {
    std::uint64_t length = 0;
    for (std::uint32_t i = 0; i < owner.meta.fragments; ++i) {
        const format::Fragment listed = region::read_fragment(shard_.region, owner, i);
        RecordAt fragment;
        if (!region::read_record(shard_.region, listed.offset, fragment) || !fragment.meta.is(format::kFragment)) return false;
        if (fragment.meta.value_length != listed.length || fragment.meta.checksum != listed.checksum ||
            !region::checksum_holds(shard_.region, fragment, hash))
            return false;
        scratch_.parts.push_back({fragment.offset, static_cast<std::uint32_t>(fragment.meta.stored_bytes())});
        length += listed.length;
    }
    return length == owner.meta.fragmented_bytes();
}

// The bucket that a slot is in; 0 for that of a displaced word, which is in none.
std::uint64_t ShardRecovery::bucket_offset(const Slot& slot) const noexcept {
    const auto offset = static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(&slot) - shard_.region.at(0));
    return offset < shard_.geometry().index_begin ? 0 : offset / format::kBucketBytes * format::kBucketBytes;
}

// The main bucket whose chain a slot is in; kNoChain for one in an overflow bucket that nothing leads to, and for displaced ones.
std::uint32_t ShardRecovery::chain_of(const Slot& slot) const noexcept {
    const std::uint64_t offset = bucket_offset(slot);
    if (offset == 0) return kNoChain;
    const std::uint64_t main = shard_.geometry().bucket_number(offset);
    return main < buckets_ ? static_cast<std::uint32_t>(main) : scratch_.chains[index::overflow_number(shard_, offset)];
}

// ---- one word a key, in the chain where it belongs ----

// Two slots of one key (an overwritten one's came back with an old page): the later written stays.
void ShardRecovery::drop_doubles(std::uint32_t home) {
    std::vector<Place>& seen = scratch_.seen;
    seen.clear();
    bool any_twice = false;
    index::for_each_slot(shard_.region, shard_.id, &shard_.region.bucket(shard_.id, home), [&](Slot& slot, SlotWord word) {
        any_twice |= scratch_.tags.test(format::tag_of(word));
        scratch_.tags.set(format::tag_of(word));
        seen.push_back({&slot, word});
    });
    for (const Place& place : seen) scratch_.tags.reset(format::tag_of(place.word));
    // In most chains no tag is there twice.
    for (auto place = seen.begin(); any_twice && place != seen.end(); ++place) {
        for (auto other = seen.begin(); other != place; ++other) {
            if (other->slot == nullptr || format::tag_of(other->word) != format::tag_of(place->word) ||
                !drop_older(*other, *place))
                continue;
            place->slot = nullptr;
            break;
        }
    }
}

// If both are of one key, drops one, and leaves the other in `first`.
bool ShardRecovery::drop_older(Place& first, const Place& second) {
    if (!region::same_key(shard_.region, first.word, second.word)) return false;
    const auto age_of_first = age_of(shard_.region, format::offset_of(first.word));
    const auto age_of_second = age_of(shard_.region, format::offset_of(second.word));
    if (age_of_first == age_of_second) {
        empty(*second.slot);
        return true;
    }
    const Place older = age_of_first < age_of_second ? first : second;
    if (age_of_first < age_of_second) first = second;
    drop(*older.slot, older.word);
    return true;
}

void ShardRecovery::empty(Slot& slot) noexcept {
    slot.store(0, std::memory_order_release);
    is_as_found_ = false;
}

void ShardRecovery::drop(Slot& slot, SlotWord word) {
    empty(slot);
    count_out(word);
}

void ShardRecovery::count_out(SlotWord word) {
    list_parts(word, scratch_.dropped);
    ++dropped_slots_;
}

// So that copies go to buckets that hold nothing, and to none that still holds what is astray.
void ShardRecovery::free_unused_buckets() {
    std::vector<bool> in_use(scratch_.chains.size());
    for (std::uint64_t number = 0; number < scratch_.chains.size(); ++number)
        in_use[number] = scratch_.chains[number] != kNoChain;
    for (const Stray& stray : scratch_.strays) {
        const std::uint64_t offset = bucket_offset(*stray.place.slot);
        if (offset == 0) continue;
        const std::uint64_t number = index::overflow_number(shard_, offset);
        if (number < in_use.size()) in_use[number] = true;
    }
    index::rebuild_overflow_list(shard_, in_use);
}

void ShardRecovery::bring_home(const Stray& stray) {
    const auto& [slot, word] = stray.place;
    // Dropped meanwhile for a later one of its key.
    if (slot->load(std::memory_order_relaxed) != word) return;
    places_to_clear_.push_back(stray.place);
    if (is_superfluous(stray)) return;
    Slot* place = place_at_home(stray.home);
    if (place != nullptr)
        place->store(word, std::memory_order_release);
    else
        count_out(word);
}

// Whether a word of the same key that is as new, or newer, is at home; older ones there are dropped.
bool ShardRecovery::is_superfluous(const Stray& stray) {
    bool found = false;
    const auto age = age_of(shard_.region, format::offset_of(stray.place.word));
    auto compare = [&](Slot& slot, SlotWord word) {
        if (&slot == stray.place.slot || format::tag_of(word) != format::tag_of(stray.place.word) ||
            !region::same_key(shard_.region, word, stray.place.word))
            return;
        const auto other = age_of(shard_.region, format::offset_of(word));
        if (other < age) return drop(slot, word);
        if (other > age) count_out(stray.place.word);
        found = true;
    };
    index::for_each_slot(shard_.region, shard_.id, &shard_.region.bucket(shard_.id, stray.home), compare);
    for (const Pending& pending : pending_) {
        if (pending.home == stray.home) index::for_each_slot(shard_.region, shard_.id, pending.bucket, compare);
    }
    return found;
}

// An empty slot in the chain. Where a bucket must be added, the word that will give way to the link is copied, and stays.
Slot* ShardRecovery::place_at_home(std::uint32_t home) {
    for (const Pending& pending : pending_) {
        if (pending.home == home) return index::find_empty_in(shard_, *pending.bucket);
    }
    Bucket* bucket = &shard_.region.bucket(shard_.id, home);
    Bucket* next = bucket;
    for (int hops = 0; next != nullptr && hops < index::kMaxChain; ++hops) {
        bucket = next;
        for (Slot& slot : bucket->slots) {
            if (format::is_empty(slot.load(std::memory_order_relaxed))) return &slot;
        }
        next = index::next_in_chain(shard_.region, shard_.id, *bucket);
    }
    Bucket* added = next == nullptr ? index::take_overflow(shard_, index::Within::disk) : nullptr;
    if (added == nullptr) return nullptr;
    Slot& link = bucket->slots[kSlotsPerBucket - 1];
    const SlotWord word = link.load(std::memory_order_relaxed);
    if (belongs_to(word, home)) added->slots[0].store(word, std::memory_order_release);
    pending_.push_back({home, &link, added});
    return &added->slots[1];
}

bool ShardRecovery::belongs_to(SlotWord word, std::uint32_t home) const {
    RecordAt record;
    return region::read_record(shard_.region, format::offset_of(word), record) &&
           format::bucket_of(region::owner_hash(shard_.region, record), buckets_) == home;
}

// ---- the segments of what stays ----

void ShardRecovery::list_parts(SlotWord word, std::vector<Part>& parts) const {
    RecordAt record;
    if (!region::read_record(shard_.region, format::offset_of(word), record)) return;
    parts.push_back({record.offset, static_cast<std::uint32_t>(record.meta.stored_bytes())});
    for (std::uint32_t i = 0; i < record.meta.fragments; ++i) {
        RecordAt fragment;
        if (!region::read_record(shard_.region, region::read_fragment(shard_.region, record, i).offset, fragment)) continue;
        parts.push_back({fragment.offset, static_cast<std::uint32_t>(fragment.meta.stored_bytes())});
    }
}

void ShardRecovery::settle_segments() {
    auto offset_of = [](const Part& part) { return part.offset; };
    auto earlier = [](const Part& a, const Part& b) { return a.offset < b.offset; };
    std::vector<Part>& parts = scratch_.parts;
    std::vector<Part>& dropped = scratch_.dropped;
    if (!dropped.empty()) {
        sort_by_offset(dropped, offset_of);
        std::erase_if(parts, [&](const Part& part) { return std::binary_search(dropped.begin(), dropped.end(), part, earlier); });
    }
    sort_by_offset(parts, offset_of);
    for (std::size_t i = 0; i < parts.size();) {
        const std::uint32_t segment = shard_.geometry().segment_of(parts[i].offset);
        const std::uint64_t end = shard_.geometry().segment_at(segment) + shard_.geometry().segment_size;
        std::size_t j = i;
        while (j < parts.size() && parts[j].offset < end) ++j;
        settle_segment(&parts[i], &parts[i] + (j - i));
        space_.keep(segment);
        i = j;
    }
}

// Makes one segment's account and walk right: `first` to `last` are its whole records in order.
void ShardRecovery::settle_segment(const Part* first, const Part* last) {
    const std::uint32_t segment = shard_.geometry().segment_of(first->offset);
    std::uint64_t end = shard_.geometry().segment_at(segment);
    std::uint64_t live = 0;
    for (const Part* part = first; part != last; ++part) {
        if (part->offset < end) continue;  // overlaps the record before: only in forged files
        if (part->offset > end) write_filler(shard_.region, end, part->offset - end);
        end = part->offset + part->bytes;
        live += part->bytes;
    }
    format::SegmentEntry& entry = shard_.region.segment(segment);
    const SegmentUse use =
        format::use_of(entry.state.load(std::memory_order_relaxed)) == SegmentUse::main ? SegmentUse::main : SegmentUse::small;
    entry.state.store(format::make_segment_state(use, shard_.id), std::memory_order_relaxed);
    entry.write_offset.store(static_cast<std::uint32_t>(end - shard_.geometry().segment_at(segment)), std::memory_order_relaxed);
    entry.live_bytes.store(static_cast<std::uint32_t>(live), std::memory_order_relaxed);
    entry.latest_expiry_ms.store(std::numeric_limits<std::int64_t>::max(), std::memory_order_relaxed);
    entry.expiring = {};
}

}  // namespace larder::cache
