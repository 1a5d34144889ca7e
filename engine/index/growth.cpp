#include "engine/index/growth.hpp"

#include "engine/index/chain.hpp"
#include "engine/index/overflow.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/platform/large_pages.hpp"
#include "engine/platform/space.hpp"
#include "engine/region/record_access.hpp"
#include "engine/region/space.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace larder::index {

using format::Bucket;
using format::kSlotsPerBucket;
using region::LockedShard;
using region::RecordAt;

namespace {

// Records per slot from which a split is worth a segment, and below which merging pays.
constexpr std::uint64_t kOverdueLoadPercent = 75;
constexpr std::uint64_t kMergeLoadPercent = 25;
constexpr std::uint64_t kTightLoadPercent = 60;

std::uint32_t bucket_count(const LockedShard& shard) noexcept { return bounded_buckets(shard.region, shard.id); }

std::uint64_t load_percent(const LockedShard& shard, std::uint64_t buckets) noexcept {
    return shard.header.records.load(std::memory_order_relaxed) * 100 / (buckets * kSlotsPerBucket);
}

// Whole pages.
std::uint64_t ghost_bytes(std::uint64_t buckets) noexcept {
    return (buckets * format::kGhostBytesPerBucket + format::kPageBytes - 1) & ~(format::kPageBytes - 1);
}

void publish_buckets(LockedShard& shard, std::uint32_t buckets) noexcept {
    auto directory = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed));
    directory.buckets = buckets;
    ++directory.moves;
    shard.header.directory.store(format::pack_directory(directory), std::memory_order_release);
}

// What a chain holds, gathered before anything changes. Chains longer than this are left unsplit.
struct Gathered {  // NOLINT(cppcoreguidelines-pro-type-member-init): the first `count` members alone are looked at
    struct Member {
        Slot* slot;
        SlotWord word;
        std::uint64_t hash;
    };
    static constexpr std::size_t kMost = 64;
    std::array<Member, kMost> members;
    std::size_t count = 0;
    bool complete = true;
};

// Two passes, so that the cache misses on the records overlap.
void gather(const LockedShard& shard, Bucket& main, Gathered& out) noexcept {
    for_each_slot(shard.region, shard.id, &main, [&](Slot& slot, SlotWord word) {
        if (out.count == Gathered::kMost) {
            out.complete = false;
            return;
        }
        const std::uint64_t offset = format::offset_of(word);
        if (shard.geometry().holds_records(offset)) __builtin_prefetch(shard.region.at(offset));
        out.members[out.count++] = {&slot, word, 0};
    });
    for (std::size_t i = 0; i < out.count; ++i) {
        RecordAt record;
        auto& member = out.members[i];
        // What cannot be read has no hash; it stays where it is, and the checker will name it.
        if (region::read_record(shard.region, format::offset_of(member.word), record))
            member.hash = region::owner_hash(shard.region, record);
    }
}

// Marks the overflow buckets of a chain, and cuts off links out of range and to buckets that another link has led to already
// (damage). Returns whether there are any.
bool mark_overflow(LockedShard& shard, Bucket& main, std::vector<bool>& in_use) {
    bool any = false;
    for (Bucket* bucket = &main; bucket != nullptr;) {
        Slot& last = bucket->slots[kSlotsPerBucket - 1];
        Bucket* next = next_in_chain(shard.region, shard.id, *bucket);
        const std::uint64_t number = next != nullptr ? overflow_number(shard, offset_in_file(shard, *next)) : in_use.size();
        if (number < in_use.size() && !in_use[number]) {
            any = in_use[number] = true;
        } else {
            if (format::is_link(last.load(std::memory_order_relaxed), shard.geometry())) last.store(0, std::memory_order_release);
            next = nullptr;
        }
        bucket = next;
    }
    return any;
}

// Copies an overflow bucket to another place and leads the chain there, in one store.
Bucket& move_overflow(LockedShard& shard, Bucket& from, std::uint64_t number, Slot& link) noexcept {
    Bucket& to = overflow_bucket(shard, number);
    for (unsigned i = 0; i < kSlotsPerBucket; ++i)
        to.slots[i].store(from.slots[i].load(std::memory_order_relaxed), std::memory_order_release);
    LARDER_FAULT_POINT("overflow.copied");
    link.store(format::make_link(offset_in_file(shard, to)), std::memory_order_release);
    note_moved(shard);
    // A reader still in the old bucket must find its slot changed.
    for (Slot& slot : from.slots) slot.store(0, std::memory_order_release);
    return to;
}

// A kill within pull_forward() leaves a word in two slots of one chain.
void drop_twins(LockedShard& shard, Bucket& main) {
    std::vector<SlotWord> seen;
    for_each_slot(shard.region, shard.id, &main, [&seen](Slot& slot, SlotWord word) {
        const SlotWord bare = format::without_hits(word);
        if (std::find(seen.begin(), seen.end(), bare) != seen.end()) {
            slot.store(0, std::memory_order_release);
        } else {
            seen.push_back(bare);
        }
    });
}

// Allocates the ghosts of the main buckets [committed, wanted). REQUIRES: the capacity has room for them.
bool commit_ghosts(LockedShard& shard, std::uint64_t committed, std::uint64_t wanted) {
    const std::uint64_t begin = ghost_bytes(committed);
    const std::uint64_t length = ghost_bytes(wanted) - begin;
    return length == 0 || shard.region.file().commit(shard.geometry().shard_ghosts_begin(shard.id) + begin, length).ok();
}

void decommit_ghosts(const LockedShard& shard, std::uint64_t main, std::uint64_t end) noexcept {
    const std::uint64_t begin = ghost_bytes(main);
    if (begin < ghost_bytes(end))
        (void)shard.region.file().decommit(shard.geometry().shard_ghosts_begin(shard.id) + begin, ghost_bytes(end) - begin);
}

// Whether each shard has all main buckets of the row.
bool is_whole_row(const region::Region& region, std::uint64_t row) noexcept {
    const std::uint64_t buckets = (row + 1) * region.geometry().stripe_buckets();
    for (std::uint32_t i = 0; i < region.geometry().shard_count; ++i) {
        if (region.shard(i).main_buckets_committed.load(std::memory_order_relaxed) < buckets) return false;
    }
    return true;
}

bool wants_large_rows(const region::Region& region) noexcept {
    return region.large_pages() && region.geometry().row_bytes() % platform::kLargePageBytes == 0 &&
           region::is_worth_large_pages(region);
}

void enlarge_row(const region::Region& region, std::uint64_t row) noexcept {
    const format::Geometry& g = region.geometry();
    platform::use_large_pages(region.at(g.index_begin + row * g.row_bytes()), g.row_bytes());
}

// Asks for large pages behind the rows that have become whole by the main buckets [committed, wanted).
void enlarge_pages(const region::Region& region, std::uint64_t committed, std::uint64_t wanted) noexcept {
    const format::Geometry& g = region.geometry();
    if (wanted >> g.stripe_shift == committed >> g.stripe_shift || !wants_large_rows(region)) return;
    // So that of two shards that make the row whole at the same time one at least sees it.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (std::uint64_t row = committed >> g.stripe_shift; row < wanted >> g.stripe_shift; ++row) {
        if (is_whole_row(region, row)) enlarge_row(region, row);
    }
}

// Frees the overflow buckets of a chain that is in no directory.
void abandon(LockedShard& shard, Bucket& main) noexcept {
    for_each_slot(shard.region, shard.id, &main, [](Slot& slot, SlotWord) { slot.store(0, std::memory_order_release); });
    drop_empty_overflow(shard, main);
}

}  // namespace

bool commit_first_buckets(region::Region& region, std::uint64_t buckets) {
    const format::Geometry& g = region.geometry();
    if (!region::fits_capacity(region, g.shard_count * (buckets * format::kBucketBytes + ghost_bytes(buckets)))) return false;
    const std::uint64_t rows = buckets >> g.stripe_shift;
    // Large pages first: they bring what they lack.
    for (std::uint64_t row = 0; row < rows && wants_large_rows(region); ++row) {
        for (std::uint64_t at = row * g.row_bytes(); at < (row + 1) * g.row_bytes(); at += platform::kLargePageBytes)
            if (!region.file().commit(g.index_begin + at, format::kPageBytes).ok()) return false;
        enlarge_row(region, row);
    }
    // One call for all shards, where they have the same.
    if (rows != 0 && !region.file().commit(g.index_begin, rows * g.row_bytes()).ok()) return false;
    for (std::uint32_t id = 0; id < g.shard_count; ++id) {
        LockedShard shard(region, id);
        if (!commit_range(shard, rows << g.stripe_shift, buckets) || !commit_ghosts(shard, 0, buckets)) return false;
        shard.header.main_buckets_committed.store(buckets, std::memory_order_relaxed);
    }
    return true;
}

void start_index(LockedShard& shard, std::uint32_t buckets) noexcept {
    for (std::uint32_t i = 0; i < buckets; ++i) zero(shard.region.bucket(shard.id, i));
    shard.header.directory.store(format::pack_directory({buckets, 0}), std::memory_order_release);
}

bool commit_buckets(LockedShard& shard, std::uint64_t buckets) {
    format::ShardHeader& h = shard.header;
    const format::Geometry& g = shard.geometry();
    const std::uint64_t committed = h.main_buckets_committed.load(std::memory_order_relaxed);
    if (buckets <= committed) return true;
    const std::uint64_t wanted = (buckets + format::kFirstBuckets - 1) / format::kFirstBuckets * format::kFirstBuckets;
    if (wanted + h.overflow_buckets_committed.load(std::memory_order_relaxed) > g.buckets_per_shard) return false;
    const std::uint64_t bytes = (wanted - committed) * format::kBucketBytes + ghost_bytes(wanted) - ghost_bytes(committed);
    if (!region::fits_capacity(shard.region, bytes) || !commit_range(shard, committed, wanted, Within::disk)) return false;
    if (!commit_ghosts(shard, committed, wanted)) {
        // The disk is full. Space that nobody counts would be over the capacity.
        decommit_range(shard, committed, wanted);
        return false;
    }
    h.main_buckets_committed.store(wanted, std::memory_order_relaxed);
    enlarge_pages(shard.region, committed, wanted);
    return true;
}

bool split_overdue(const LockedShard& shard) noexcept { return load_percent(shard, bucket_count(shard)) > kOverdueLoadPercent; }

bool split_bucket(LockedShard& shard) {
    const std::uint32_t added = bucket_count(shard);
    if (added >= shard.geometry().buckets_per_shard || !commit_buckets(shard, std::uint64_t{added} + 1)) return false;
    Bucket& from = shard.region.bucket(shard.id, format::parent_of(added));
    Bucket& to = shard.region.bucket(shard.id, added);
    Gathered gathered;
    gather(shard, from, gathered);
    if (!gathered.complete) return false;
    zero(to);
    // Those that belong to the new bucket come to the front.
    const auto end = gathered.members.begin() + static_cast<std::ptrdiff_t>(gathered.count);
    const auto stay = std::partition(gathered.members.begin(), end, [added](const Gathered::Member& m) {
        return m.hash != 0 && format::bucket_of(m.hash, added + 1) == added;
    });
    const std::span moving(gathered.members.begin(), stay);
    for (std::size_t i = 0; i < moving.size(); ++i) {
        Slot* slot = i < kSlotsPerBucket ? &to.slots[i] : find_empty_in(shard, to);
        if (slot == nullptr) {
            abandon(shard, to);
            return false;
        }
        slot->store(moving[i].slot->load(std::memory_order_relaxed), std::memory_order_release);
    }
    LARDER_FAULT_POINT("split.copied");
    publish_buckets(shard, added + 1);
    LARDER_FAULT_POINT("split.published");
    for (const Gathered::Member& moved : moving) moved.slot->store(0, std::memory_order_release);
    LARDER_FAULT_POINT("split.cleared");
    pull_forward(shard, from);
    // The next split's, which is not far.
    __builtin_prefetch(&shard.region.bucket(shard.id, format::parent_of(added + 1)), 1);
    return true;
}

bool merge_due(const LockedShard& shard) noexcept {
    const std::uint32_t buckets = bucket_count(shard);
    return buckets > format::kFirstBuckets && load_percent(shard, buckets) < kMergeLoadPercent;
}

bool merge_possible(const LockedShard& shard) noexcept {
    const std::uint32_t buckets = bucket_count(shard);
    return buckets > format::kFirstBuckets && load_percent(shard, buckets) < kTightLoadPercent;
}

void compact_overflow(LockedShard& shard) {
    const std::uint32_t buckets = bucket_count(shard);
    std::vector<bool> in_use(bounded_overflow_used(shard));
    for (std::uint32_t i = 0; i < buckets; ++i) {
        pull_forward(shard, shard.region.bucket(shard.id, i));
        mark_overflow(shard, shard.region.bucket(shard.id, i), in_use);
    }
    const auto used = static_cast<std::uint64_t>(std::count(in_use.begin(), in_use.end(), true));
    std::uint64_t hole = 0;
    for (std::uint32_t i = 0; i < buckets; ++i) {
        Bucket* previous = &shard.region.bucket(shard.id, i);
        for (int hops = 0; hops < kMaxChain; ++hops) {
            Bucket* bucket = next_in_chain(shard.region, shard.id, *previous);
            if (bucket == nullptr) break;
            if (overflow_number(shard, offset_in_file(shard, *bucket)) >= used) {
                while (hole < used && in_use[hole]) ++hole;
                if (hole == used) return;  // more than were counted: somebody else writes here
                in_use[hole] = true;
                bucket = &move_overflow(shard, *bucket, hole, previous->slots[kSlotsPerBucket - 1]);
            }
            previous = bucket;
        }
    }
    trim_overflow(shard, used);
    rebuild_overflow_list(shard, std::vector<bool>(used, true));
    note_moved(shard);
}

bool merge_bucket(LockedShard& shard) {
    const std::uint32_t buckets = bucket_count(shard);
    if (buckets <= 1) return false;
    Bucket& last = shard.region.bucket(shard.id, buckets - 1);
    Bucket& parent = shard.region.bucket(shard.id, format::parent_of(buckets - 1));
    bool fits = true;
    for_each_slot(shard.region, shard.id, &last, [&](Slot&, SlotWord word) {
        Slot* slot = fits ? find_empty_in(shard, parent) : nullptr;
        fits = slot != nullptr;
        if (fits) slot->store(word, std::memory_order_release);
    });
    if (!fits) {
        scrub_last_split(shard);
        return false;
    }
    LARDER_FAULT_POINT("merge.copied");
    publish_buckets(shard, buckets - 1);
    LARDER_FAULT_POINT("merge.published");
    abandon(shard, last);
    const std::uint64_t committed =
        std::min(shard.header.main_buckets_committed.load(std::memory_order_relaxed), shard.geometry().buckets_per_shard);
    if (buckets - 1 + format::kFirstBuckets <= committed && (buckets - 1) % format::kFirstBuckets == 0) {
        // Counted out before it is given back: a kill between leaks a page rather than leaving a hole that counts as space.
        shard.header.main_buckets_committed.store(buckets - 1, std::memory_order_relaxed);
        decommit_range(shard, buckets - 1, committed);
        decommit_ghosts(shard, buckets - 1, committed);
    }
    return true;
}

void scrub_last_split(LockedShard& shard) noexcept {
    const std::uint32_t buckets = bucket_count(shard);
    // All copies are there, and the originals are about to go (INV-5).
    note_moved(shard);
    // Half a split, or a merge that was not cleared up: nothing may be left that a later directory could lead to.
    if (buckets <
        std::min(shard.header.main_buckets_committed.load(std::memory_order_relaxed), shard.geometry().buckets_per_shard))
        zero(shard.region.bucket(shard.id, buckets));
    if (buckets <= 1) return;
    for (const std::uint32_t number : {format::parent_of(buckets - 1), buckets - 1}) {
        for_each_slot(shard.region, shard.id, &shard.region.bucket(shard.id, number), [&](Slot& slot, SlotWord word) {
            RecordAt record;
            if (!region::read_record(shard.region, format::offset_of(word), record)) return;
            const std::uint64_t hash = region::owner_hash(shard.region, record);
            if (hash != 0 && format::bucket_of(hash, buckets) != number) slot.store(0, std::memory_order_release);
        });
    }
}

void recount_index(LockedShard& shard) {
    const std::uint32_t buckets = bucket_count(shard);
    // Before anything is dropped or freed that a reader may be in: what a killed owner copied is in both places (INV-5).
    note_moved(shard);
    std::uint64_t records = 0;
    std::vector<bool> in_use(bounded_overflow_used(shard));
    for (std::uint32_t i = 0; i < buckets; ++i) {
        Bucket& main = shard.region.bucket(shard.id, i);
        if (mark_overflow(shard, main, in_use)) drop_twins(shard, main);
        for_each_slot(shard.region, shard.id, &main, [&records](Slot&, SlotWord) { ++records; });
    }
    shard.header.records.store(records, std::memory_order_relaxed);
    rebuild_overflow_list(shard, in_use);
}

void give_back_gap(LockedShard& shard) noexcept {
    const format::Geometry& g = shard.geometry();
    MappedFile& file = shard.region.file();
    const std::uint64_t main = shard.header.main_buckets_committed.load(std::memory_order_relaxed);
    const std::uint64_t overflow = shard.header.overflow_buckets_committed.load(std::memory_order_relaxed);
    const std::uint64_t end = g.buckets_per_shard - std::min(overflow, g.buckets_per_shard);
    // What a killed owner had allocated and not counted yet was never written, so that it does not show as data.
    decommit_range(shard, main, std::min(end, main + format::kFirstBuckets));
    if (end > main + format::kFirstBuckets) decommit_range(shard, end - format::kFirstBuckets, end);
    // What one was about to give back was: from one row that has any data to the next. There may be a million without, but
    // more than a few with are only in a damaged file.
    constexpr int kMostRows = 1024;
    int rows = 0;
    for (std::uint64_t bucket = main; bucket < end && rows < kMostRows; ++rows) {
        const std::uint64_t data = platform::next_data(file.descriptor(), g.bucket_at(shard.id, bucket));
        const std::uint64_t row = data < g.index_begin + g.index_bytes() ? (data - g.index_begin) / g.row_bytes() : end;
        bucket = std::max(bucket, row << g.stripe_shift);
        const std::uint64_t next = std::min(end, ((bucket >> g.stripe_shift) + 1) << g.stripe_shift);
        if (bucket < end) decommit_range(shard, bucket, next);
        bucket = next;
    }
    decommit_ghosts(shard, main, g.buckets_per_shard);
}

}  // namespace larder::index
