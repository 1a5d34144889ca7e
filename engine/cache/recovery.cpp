#include "engine/cache/recovery.hpp"

#include "engine/cache/ledger.hpp"
#include "engine/cache/repair.hpp"
#include "engine/index/chain.hpp"
#include "engine/index/growth.hpp"
#include "engine/platform/fault_point.hpp"
#include "engine/segments/log.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace larder::cache {
namespace {

using format::Bucket;
using format::SegmentUse;

// How far generations jump: more than a power cut can have forgotten (segments/log.cpp flushes the header in time).
constexpr std::uint64_t kGenerationJump = std::uint64_t{1} << 24;

// A stretch of a segment that holds a whole record.
struct Part {
    std::uint64_t offset;
    std::uint32_t bytes;
};

struct Candidate {
    Slot* slot;
    SlotWord word;
    std::uint32_t bucket;
};

bool fits_place(const LockedShard& shard, const Candidate& candidate, const RecordAt& record, std::uint64_t hash) noexcept {
    const std::uint32_t buckets = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed)).buckets;
    const std::uint64_t generation =
        shard.region.generation(shard.geometry().segment_of(record.offset)).load(std::memory_order_relaxed);
    return record.meta.key_length != 0 && !record.meta.is(format::kFragment) && shard.geometry().shard_of(hash) == shard.id &&
           format::bucket_of(hash, buckets) == candidate.bucket &&
           format::tag_of(candidate.word) == format::tag_from_hash(hash) && format::same_generation(candidate.word, generation);
}

bool fragments_are_whole(const LockedShard& shard, const RecordAt& owner, std::uint64_t hash, std::vector<Part>& parts) {
    std::uint64_t length = 0;
    for (std::uint32_t i = 0; i < owner.meta.fragments; ++i) {
        const format::Fragment listed = region::read_fragment(shard.region, owner, i);
        RecordAt fragment;
        if (!region::read_record(shard.region, listed.offset, fragment) || !fragment.meta.is(format::kFragment)) return false;
        if (fragment.meta.value_length != listed.length || fragment.meta.checksum != listed.checksum ||
            !region::checksum_holds(shard.region, fragment, hash))
            return false;
        parts.push_back({fragment.offset, static_cast<std::uint32_t>(fragment.meta.stored_bytes())});
        length += listed.length;
    }
    return length == owner.meta.fragmented_bytes();
}

// Adds the record's parts if it is whole and in its place.
bool confirm(const LockedShard& shard, const Candidate& candidate, std::vector<Part>& parts) {
    RecordAt record;
    if (!region::read_record(shard.region, format::offset_of(candidate.word), record)) return false;
    const std::uint64_t hash = region::owner_hash(shard.region, record);
    if (!fits_place(shard, candidate, record, hash) || !region::checksum_holds(shard.region, record, hash)) return false;
    const std::size_t before = parts.size();
    parts.push_back({record.offset, static_cast<std::uint32_t>(record.meta.stored_bytes())});
    if (!record.meta.is(format::kFragmented) || fragments_are_whole(shard, record, hash, parts)) return true;
    parts.resize(before);
    return false;
}

std::vector<Candidate> gather_candidates(LockedShard& shard) {
    std::vector<Candidate> candidates;
    const std::uint32_t buckets = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed)).buckets;
    for (std::uint32_t i = 0; i < buckets; ++i) {
        index::for_each_slot(shard.region, shard.id, &shard.region.bucket(shard.id, i), [&](Slot& slot, SlotWord word) {
            candidates.push_back({&slot, word, i});
        });
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        return format::offset_of(a.word) != format::offset_of(b.word) ? format::offset_of(a.word) < format::offset_of(b.word)
                                                                      : a.slot < b.slot;
    });
    return candidates;
}

// Two slots of one key (an overwritten one's came back with an old page): the later written stays.
void drop_doubles(LockedShard& shard, std::uint32_t number, std::atomic<std::uint64_t>& dropped) {
    std::vector<std::pair<Slot*, RecordAt>> seen;
    std::string key;
    index::for_each_slot(shard.region, shard.id, &shard.region.bucket(shard.id, number), [&](Slot& slot, SlotWord word) {
        RecordAt record;
        if (!region::read_record(shard.region, format::offset_of(word), record) || !region::copy_key(shard.region, record, key))
            return;
        for (auto& [other, earlier] : seen) {
            if (!region::has_key(shard.region, earlier, key)) continue;
            auto age = [&](const RecordAt& r) {
                return std::pair(shard.region.generation(shard.geometry().segment_of(r.offset)).load(std::memory_order_relaxed),
                                 r.offset);
            };
            const bool newer = age(record) > age(earlier);
            (newer ? *other : slot).store(0, std::memory_order_release);
            dropped.fetch_add(1, std::memory_order_relaxed);
            if (newer) {
                other = &slot;
                earlier = record;
            }
            return;
        }
        seen.emplace_back(&slot, record);
    });
}

// Fills the stretch between two whole records, so that walks go over it.
void write_filler(const LockedShard& shard, std::uint64_t offset, std::uint64_t bytes) {
    format::RecordMeta meta;
    meta.value_length = static_cast<std::uint32_t>(bytes - format::kRecordHeaderBytes);
    if (meta.value_length > 0xffff) {
        meta.value_length -= 8;
        meta.flags = format::kWide;
    }
    std::byte head[format::kMaxFieldBytes];
    std::memcpy(shard.region.at(offset), head, format::encode_meta(meta, head));
}

// Makes one segment's account and walk right: `first` to `last` are its whole records in order.
void settle_segment(LockedShard& shard, const Part* first, const Part* last) {
    const std::uint32_t segment = shard.geometry().segment_of(first->offset);
    std::uint64_t end = shard.geometry().segment_at(segment);
    std::uint64_t live = 0;
    for (const Part* part = first; part != last; ++part) {
        if (part->offset < end) continue;  // overlaps the record before: only in forged files
        if (part->offset > end) write_filler(shard, end, part->offset - end);
        end = part->offset + part->bytes;
        live += part->bytes;
    }
    format::SegmentEntry& entry = shard.region.segment(segment);
    const SegmentUse use =
        format::use_of(entry.state.load(std::memory_order_relaxed)) == SegmentUse::main ? SegmentUse::main : SegmentUse::small;
    entry.state.store(format::make_segment_state(use, shard.id), std::memory_order_relaxed);
    entry.write_offset.store(static_cast<std::uint32_t>(end - shard.geometry().segment_at(segment)), std::memory_order_relaxed);
    entry.live_bytes.store(static_cast<std::uint32_t>(live), std::memory_order_relaxed);
    entry.latest_expiry_ms.store(INT64_MAX, std::memory_order_relaxed);
}

class ShardRecovery {
  public:
    ShardRecovery(Core& core, std::vector<std::atomic<bool>>& in_use, std::atomic<std::uint64_t>& dropped)
        : core_(core), in_use_(in_use), dropped_(dropped) {}

    // Confirms the slots of one shard. Two rounds: a slot dropped as a double takes its parts along.
    void run(std::uint32_t id, std::atomic<std::uint64_t>& done) {
        LockedShard shard(core_.region, id);
        shard.header.lock.store(0, std::memory_order_relaxed);
        shard.header.note_old.store(0, std::memory_order_relaxed);
        shard.header.note_new.store(0, std::memory_order_relaxed);
        for (auto& ends : shard.header.queues) ends.active = format::kNoSegment;
        bound_shard_header(shard);
        index::recount_index(shard);
        confirm_all(shard, done);
        const std::uint32_t buckets = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed)).buckets;
        for (std::uint32_t i = 0; i < buckets; ++i) drop_doubles(shard, i, dropped_);
        settle_segments(shard);
        for (std::uint32_t i = 0; i < buckets; ++i) index::drop_empty_overflow(shard, shard.region.bucket(id, i));
        index::recount_index(shard);
    }

  private:
    void confirm_all(LockedShard& shard, std::atomic<std::uint64_t>& done) {
        std::vector<Part> parts;
        std::uint32_t ahead = format::kNoSegment;
        for (const Candidate& candidate : gather_candidates(shard)) {
            read_ahead(shard, format::offset_of(candidate.word), ahead);
            parts.clear();
            if (!confirm(shard, candidate, parts)) {
                candidate.slot->store(0, std::memory_order_release);
                dropped_.fetch_add(1, std::memory_order_relaxed);
            }
            std::uint64_t bytes = 0;
            for (const Part& part : parts) bytes += part.bytes;
            done.fetch_add(bytes, std::memory_order_relaxed);
        }
    }

    // Asks the kernel for a segment as a whole, before its first record is read.
    static void read_ahead(const LockedShard& shard, std::uint64_t offset, std::uint32_t& ahead) {
        if (!shard.geometry().holds_records(offset) || shard.geometry().segment_of(offset) == ahead) return;
        ahead = shard.geometry().segment_of(offset);
        shard.region.will_need(shard.geometry().segment_at(ahead), shard.geometry().segment_size);
    }

    void settle_segments(LockedShard& shard) {
        std::vector<Part> parts;
        for (const Candidate& candidate : gather_candidates(shard)) {
            for_each_part_of(shard, candidate.word, parts);
        }
        std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.offset < b.offset; });
        for (std::size_t i = 0; i < parts.size();) {
            const std::uint32_t segment = shard.geometry().segment_of(parts[i].offset);
            std::size_t j = i;
            while (j < parts.size() && shard.geometry().segment_of(parts[j].offset) == segment) ++j;
            settle_segment(shard, &parts[i], &parts[i] + (j - i));
            in_use_[segment].store(true, std::memory_order_relaxed);
            i = j;
        }
    }

    static void for_each_part_of(const LockedShard& shard, SlotWord word, std::vector<Part>& parts) {
        RecordAt record;
        if (!region::read_record(shard.region, format::offset_of(word), record)) return;
        parts.push_back({record.offset, static_cast<std::uint32_t>(record.meta.stored_bytes())});
        for (std::uint32_t i = 0; i < record.meta.fragments; ++i) {
            RecordAt fragment;
            if (!region::read_record(shard.region, region::read_fragment(shard.region, record, i).offset, fragment)) continue;
            parts.push_back({fragment.offset, static_cast<std::uint32_t>(fragment.meta.stored_bytes())});
        }
    }

    Core& core_;
    std::vector<std::atomic<bool>>& in_use_;
    std::atomic<std::uint64_t>& dropped_;
};

void recover_shards(Core& core, std::vector<std::atomic<bool>>& in_use) {
    const std::uint32_t shards = core.geometry().shard_count;
    std::uint64_t total = 0;
    for (std::uint32_t i = 0; i < core.region.segments_known(); ++i)
        total += core.region.segment(i).live_bytes.load(std::memory_order_relaxed);
    std::atomic<std::uint64_t> done{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::uint32_t> next{0};
    auto work = [&](bool reports) {
        for (std::uint32_t id = next.fetch_add(1); id < shards; id = next.fetch_add(1)) {
            ShardRecovery(core, in_use, dropped).run(id, done);
            if (!reports || !core.options.on_recovery_progress) continue;
            core.options.on_recovery_progress({std::min(done.load(), total), total, 0, dropped.load()});
        }
    };
    const unsigned helpers = std::min(std::max(std::thread::hardware_concurrency(), 1u), shards) - 1;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < helpers; ++i) threads.emplace_back(work, false);
    work(true);
    for (std::thread& thread : threads) thread.join();
    if (!core.options.on_recovery_progress) return;
    std::uint64_t kept = 0;
    for (std::uint32_t id = 0; id < shards; ++id) kept += core.region.shard(id).records.load(std::memory_order_relaxed);
    core.options.on_recovery_progress({total, total, kept, dropped.load()});
}

// The header may be older than the segments it should know of.
void raise_known(Core& core, const std::vector<std::atomic<bool>>& in_use) {
    std::uint32_t known = core.region.segments_known();
    for (std::uint32_t i = known; i < in_use.size(); ++i) {
        if (in_use[i].load(std::memory_order_relaxed)) known = i + 1;
    }
    core.region.header().segments_known.store(known, std::memory_order_relaxed);
}

void clear_entry(format::SegmentEntry& entry) noexcept {
    entry.state.store(0, std::memory_order_relaxed);
    entry.flags.store(0, std::memory_order_relaxed);
    entry.live_bytes.store(0, std::memory_order_relaxed);
    entry.write_offset.store(0, std::memory_order_relaxed);
}

// Entries that the header does not know of, and that hold nothing, may still say that they do.
void clear_unknown_entries(Core& core) {
    constexpr std::uint32_t kPerPage = format::kPageBytes / format::kSegmentEntryBytes;
    const format::Geometry& g = core.geometry();
    const std::uint32_t known = core.region.segments_known();
    const std::uint32_t rest = std::min((known + kPerPage - 1) / kPerPage * kPerPage, g.segment_count);
    for (std::uint32_t i = known; i < rest; ++i) clear_entry(core.region.segment(i));
    const std::uint64_t begin = g.segment_entry_at(rest);
    if (rest < g.segment_count && begin < g.index_begin) (void)core.region.file().decommit(begin, g.index_begin - begin);
}

// Decommits neighbouring ranges in one call.
class GivenBack {
  public:
    explicit GivenBack(Core& core) : core_(core) {}
    ~GivenBack() { flush(); }
    GivenBack(const GivenBack&) = delete;
    GivenBack& operator=(const GivenBack&) = delete;
    void add(std::uint64_t offset, std::uint64_t length) {
        if (offset != begin_ + length_) flush();
        if (length_ == 0) begin_ = offset;
        length_ += length;
    }

  private:
    void flush() {
        if (length_ != 0) (void)core_.region.file().decommit(begin_, length_);
        length_ = 0;
    }
    Core& core_;
    std::uint64_t begin_ = 0;
    std::uint64_t length_ = 0;
};

// Segments that hold nothing whole are free, and their space is given back; the others' is allocated again, since what the
// file system knew of it may have been lost too.
void settle_pool(Core& core, const std::vector<std::atomic<bool>>& in_use) {
    const format::Geometry& g = core.geometry();
    raise_known(core, in_use);
    clear_unknown_entries(core);
    GivenBack give_back(core);
    for (std::uint32_t i = 0; i < core.region.segments_known(); ++i) {
        format::SegmentEntry& entry = core.region.segment(i);
        if (in_use[i].load(std::memory_order_relaxed)) {
            if (core.region.file().commit(g.segment_at(i), g.segment_size).ok())
                entry.flags.store(format::kSegmentCommitted, std::memory_order_relaxed);
            continue;
        }
        clear_entry(entry);
        give_back.add(g.segment_at(i), g.segment_size);
    }
    // What the table has forgotten of segments may still have its blocks.
    const std::uint64_t end = g.segment_at(core.region.segments_known());
    if (end < g.file_size) give_back.add(end, g.file_size - end);
}

// What the file system knew of allocated space may be lost: the tables and the index get theirs before they are written.
Status commit_again(Core& core) {
    const format::Geometry& g = core.geometry();
    const std::uint32_t known = core.region.segments_known();
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges = {{g.generations_begin, g.generation_at(known)},
                                                                   {g.segment_table_begin, g.segment_entry_at(known)}};
    for (std::uint32_t id = 0; id < g.shard_count; ++id) {
        LockedShard shard(core.region, id);
        bound_shard_header(shard);
        const std::uint64_t main = shard.header.main_buckets_committed.load(std::memory_order_relaxed);
        const std::uint64_t overflow = shard.header.overflow_buckets_committed.load(std::memory_order_relaxed);
        const std::uint64_t ghosts = g.shard_ghosts_begin(id);
        ranges.emplace_back(g.shard_index_begin(id), g.bucket_at(id, main));
        ranges.emplace_back(g.shard_index_end(id) - overflow * format::kBucketBytes, g.shard_index_end(id));
        ranges.emplace_back(ghosts, ghosts + main * format::kGhostBytesPerBucket);
    }
    for (const auto& [begin, end] : ranges) {
        if (end == begin) continue;
        if (Status status = core.region.file().commit(begin, end - begin); !status.ok()) return status;
    }
    return Code::ok;
}

void jump_generations(Core& core) {
    format::FileHeader& header = core.region.header();
    std::uint64_t latest = std::max(header.next_generation.load(std::memory_order_relaxed),
                                    header.flushed_generation.load(std::memory_order_relaxed));
    for (std::uint32_t i = 0; i < core.region.segments_known(); ++i) {
        latest = std::max(latest, core.region.generation(i).load(std::memory_order_relaxed));
    }
    header.next_generation.store(latest + kGenerationJump, std::memory_order_relaxed);
}

}  // namespace

Status recover(Core& core) {
    LARDER_FAULT_POINT("recover.begin");
    if (Status status = commit_again(core); !status.ok()) return status;
    std::vector<std::atomic<bool>> in_use(core.geometry().segment_count);
    recover_shards(core, in_use);
    LARDER_FAULT_POINT("recover.shards_done");
    settle_pool(core, in_use);
    for (std::uint32_t i = 0; i < core.geometry().shard_count; ++i) {
        LockedShard shard(core.region, i);
        segments::rebuild_queues(shard);
    }
    for (std::uint32_t i = 0; i < core.geometry().max_processes; ++i) {
        // Indexes are given out lowest first: the first that was never used ends the list.
        if (core.region.process(i).attached_at_ms.load(std::memory_order_relaxed) == 0) break;
        core.region.process(i).state.store(0, std::memory_order_relaxed);
    }
    jump_generations(core);
    // Everything that was dropped is dropped on disk before the file counts as being of this boot.
    if (Status status = core.region.file().flush(); !status.ok()) return status;
    LARDER_FAULT_POINT("recover.flushed");
    core.region.header().recoveries.fetch_add(1, std::memory_order_relaxed);
    return Code::ok;
}

}  // namespace larder::cache
