#include "engine/cache/checker.hpp"

#include "engine/cache/displaced.hpp"
#include "engine/cache/ledger.hpp"
#include "engine/cache/record_check.hpp"
#include "engine/cache/shard_guard.hpp"
#include "engine/index/chain.hpp"
#include "engine/region/space.hpp"
#include "engine/segments/log.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

namespace larder::cache {
namespace {

constexpr std::size_t kMostProblems = 1000;
constexpr int kLooks = 100;

class Checker {
  public:
    Checker(Core& core, const CheckProgress& progress) : core_(core), progress_(progress), records_(core) {}

    Result<Verification> run() {
        total_ = region::space_in_use(core_.region).segments;
        for (std::uint32_t id = 0; id < core_.geometry().shard_count; ++id) {
            check_records(id);
            if (Status status = check_accounts(id); !status.ok()) return status;
            if (progress_) progress_(std::min(records_.bytes(), total_), total_);
        }
        if (progress_) progress_(total_, total_);
        found_.bytes = records_.bytes();
        return std::move(found_);
    }

  private:
    void problem(std::uint32_t shard, const std::string& what) {
        if (found_.problems.size() < kMostProblems) found_.problems.push_back("shard " + std::to_string(shard) + ": " + what);
    }

    // ---- INV-1, INV-2, INV-3: every slot leads to a whole record of its own bucket ----

    void check_records(std::uint32_t id) {
        std::uint32_t buckets = bucket_count(id);
        for (std::uint32_t b = 0; b < buckets; ++b) {
            // Looked at again when records may have moved meanwhile.
            for (int look = 0; look < kLooks; ++look) {
                const ChainWatch watch(core_.region, id, b);
                const std::size_t problems = found_.problems.size();
                const std::uint64_t records = found_.records;
                const std::uint64_t bytes = records_.bytes();
                check_chain(id, b);
                if (watch.is_same()) break;
                found_.problems.resize(std::min(problems, found_.problems.size()));
                found_.records = records;
                records_.rewind(bytes);
            }
            buckets = bucket_count(id);
        }
    }

    std::uint32_t bucket_count(std::uint32_t id) const noexcept {
        const auto directory = format::unpack_directory(core_.region.shard(id).directory.load(std::memory_order_acquire));
        return std::clamp<std::uint32_t>(directory.buckets, 1, static_cast<std::uint32_t>(core_.geometry().buckets_per_shard));
    }

    void check_chain(std::uint32_t id, std::uint32_t bucket) {
        std::vector<std::uint64_t> met;
        auto check = [&](Slot& slot, SlotWord word) {
            if (std::find(met.begin(), met.end(), format::offset_of(word)) != met.end()) return;
            met.push_back(format::offset_of(word));
            std::optional<std::string> wrong;
            for (int look = 0; look < kLooks; ++look) {
                wrong = records_.problem(id, bucket_count(id), bucket, word);
                std::atomic_thread_fence(std::memory_order_acquire);
                const SlotWord now = slot.load(std::memory_order_acquire);
                if (format::without_hits(now) == format::without_hits(word)) break;
                word = now;
                wrong.reset();
                if (format::is_empty(word) || format::is_link(word, core_.geometry())) return;
            }
            if (wrong)
                problem(id, *wrong);
            else
                ++found_.records;
        };
        index::for_each_slot(core_.region, id, &core_.region.bucket(id, bucket), check);
        for (const Found& hidden : hidden_words(core_.region, id, bucket)) check(*hidden.slot, hidden.word);
    }

    // ---- INV-6 to INV-9: what is derived is what a count finds ----

    Status check_accounts(std::uint32_t id) {
        std::optional<ShardGuard> guard;
        if (core_.region.writable()) {
            guard.emplace(core_, id);
            if (!guard->status().ok()) return guard->status();
            check_locked(**guard);
            return Code::ok;
        }
        // Without the lock the counts may be caught half way through a change. What is wrong for good is found again, to the
        // letter; what moves is not.
        LockedShard unlocked(core_.region, id);
        const std::uint64_t segments = found_.segments;
        std::vector<std::string> lasting = look_unlocked(unlocked);
        for (int look = 0; look < 4 && !lasting.empty(); ++look) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            found_.segments = segments;
            const std::vector<std::string> again = look_unlocked(unlocked);
            std::erase_if(lasting, [&again](const std::string& what) {
                return std::find(again.begin(), again.end(), what) == again.end();
            });
        }
        for (std::string& what : lasting) found_.problems.push_back(std::move(what));
        return Code::ok;
    }

    // The problems that one look without the lock finds.
    std::vector<std::string> look_unlocked(LockedShard& shard) {
        std::vector<std::string> before = std::exchange(found_.problems, {});
        check_locked(shard);
        return std::exchange(found_.problems, std::move(before));
    }

    void check_locked(LockedShard& shard) {
        std::vector<std::uint64_t> live(core_.geometry().segment_count);
        std::uint64_t records = 0;
        const std::uint32_t buckets = bucket_count(shard.id);
        for (std::uint32_t b = 0; b < buckets; ++b) records += count_chain(shard, b, live);
        // With the lock there are none. A killed owner may have left one that is still in its slot.
        for (const format::Displaced& displaced : shard.header.displaced) {
            const SlotWord word = displaced.word.load(std::memory_order_relaxed);
            if (!is_undisplaced(shard, word)) count_parts(word, live);
        }
        if (records != shard.header.records.load(std::memory_order_relaxed)) {
            problem(shard.id,
                    "counts " + std::to_string(shard.header.records.load()) + " records, has " + std::to_string(records));
        }
        check_live_bytes(shard, live);
        check_queues(shard);
    }

    std::uint64_t count_chain(LockedShard& shard, std::uint32_t bucket, std::vector<std::uint64_t>& live) {
        std::uint64_t records = 0;
        std::vector<std::string> keys;
        index::for_each_slot(shard.region, shard.id, &shard.region.bucket(shard.id, bucket), [&](Slot&, SlotWord word) {
            ++records;
            RecordAt record;
            if (!region::read_record(shard.region, format::offset_of(word), record)) return;
            std::string key;
            if (!region::copy_key(shard.region, record, key)) return;
            if (std::find(keys.begin(), keys.end(), key) != keys.end())
                problem(shard.id, place_of(record.offset) + " is a second one of its key");
            keys.push_back(std::move(key));
            count_parts(word, live);
        });
        return records;
    }

    void count_parts(SlotWord word, std::vector<std::uint64_t>& live) const {
        RecordAt record;
        if (!region::read_record(core_.region, format::offset_of(word), record)) return;
        for_each_part(core_.region, record,
                      [&](const RecordAt& part) { live[core_.geometry().segment_of(part.offset)] += part.meta.stored_bytes(); });
    }

    void check_live_bytes(LockedShard& shard, const std::vector<std::uint64_t>& live) {
        std::uint32_t owned = 0;
        for (std::uint32_t i = 0; i < shard.region.segments_known(); ++i) {
            const format::SegmentEntry& entry = shard.region.segment(i);
            const std::uint32_t state = entry.state.load(std::memory_order_relaxed);
            const bool mine = state != 0 && format::shard_of_state(state) == shard.id;
            owned += mine;
            if (!mine && live[i] != 0)
                problem(shard.id, "has records in segment " + std::to_string(i) + ", which is not its own");
            if (!mine) continue;
            ++found_.segments;
            const std::uint32_t counted = entry.live_bytes.load(std::memory_order_relaxed);
            if (format::use_of(state) == format::SegmentUse::spare && live[i] != 0)
                problem(shard.id, "segment " + std::to_string(i) + " counts as a spare, and has records");
            if (entry.write_offset.load(std::memory_order_relaxed) < live[i])
                problem(shard.id, "segment " + std::to_string(i) + " has live bytes beyond its write offset");
            if (counted != live[i]) {
                problem(shard.id, "segment " + std::to_string(i) + " counts " + std::to_string(counted) + " live bytes, has " +
                                      std::to_string(live[i]));
            }
        }
        if (owned != shard.header.segments.load(std::memory_order_relaxed)) {
            problem(shard.id,
                    "counts " + std::to_string(shard.header.segments.load()) + " segments, has " + std::to_string(owned));
        }
    }

    // Every segment of the shard is in exactly one place: a queue, active, the victim, or a spare.
    void check_queues(LockedShard& shard) {
        std::unordered_set<std::uint32_t> met;
        auto meet = [&](std::uint32_t segment, const char* where) {
            if (!met.insert(segment).second)
                problem(shard.id, "segment " + std::to_string(segment) + " is in two places, the second is " + where);
        };
        for (const format::Queue queue : {format::Queue::small, format::Queue::main}) {
            segments::for_each_sealed(shard, queue, [&](std::uint32_t segment, std::uint32_t) {
                meet(segment, "a queue");
                return true;
            });
            const std::uint32_t active = shard.header.queues[format::index_of(queue)].active;
            if (active < core_.geometry().segment_count) meet(active, "an active segment");
        }
        const std::uint32_t victim = shard.header.victim;
        if (victim < core_.geometry().segment_count) meet(victim, "the victim");
        std::uint32_t spare = shard.header.spare_head;
        const std::uint32_t spares = std::min<std::uint32_t>(shard.header.spare_count, core_.geometry().segment_count);
        for (std::uint32_t i = 0; i < spares && spare < core_.geometry().segment_count; ++i) {
            meet(spare, "a spare");
            spare = shard.region.segment(spare).next;
        }
        if (met.size() != shard.header.segments.load(std::memory_order_relaxed)) {
            problem(shard.id, std::to_string(shard.header.segments.load()) + " segments are owned, " +
                                  std::to_string(met.size()) + " are in its lists");
        }
    }

    Core& core_;
    const CheckProgress& progress_;
    Verification found_;
    std::uint64_t total_ = 0;
    RecordCheck records_;
};

}  // namespace

Result<Verification> verify(Core& core, const CheckProgress& progress) { return Checker(core, progress).run(); }

}  // namespace larder::cache
