// Larder's eviction as arithmetic: which records there are, in which segments, and how many bytes all of it takes, index and
// ghosts included. It stores no values, so that a change of the policy can be judged on many traces in seconds.
#include "replay/ghost_lines.hpp"
#include "replay/mix.hpp"
#include "replay/policies.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <deque>

namespace larder::tools::replay {
namespace {

// Layout.
constexpr std::uint64_t kFixedBytes = 16384;
constexpr std::uint64_t kSegmentTableBytes = 64;
constexpr std::uint64_t kBucketBytes = 64 + 16;  // slots, and their share of a line of ghosts
constexpr double kRecordsPerBucket = 8 * 0.75;
constexpr std::uint32_t kHeaderBytes = 8;
constexpr std::uint32_t kLongHeaderBytes = 16;
constexpr std::uint32_t kShortValueBytes = 65535;
constexpr std::uint32_t kSmallestFragment = 64;
// A record larger than this part of a segment is continued in the next one, so that tails are not wasted.
constexpr std::uint32_t kSplitPart = 16;

// Policy.
constexpr std::uint8_t kMostHits = 3;
constexpr double kFirstShare = 0.10;
constexpr double kLeastShare = 0.05;
constexpr double kMostShare = 0.90;
constexpr double kLargeShare = 0.30;
constexpr unsigned kYoungGhost = 8;
constexpr double kGrowth = 10;
constexpr double kShrinkage = 40;
constexpr double kMostAging = 3;

constexpr std::uint32_t kNowhere = 0xffffffff;
enum Origin : std::size_t { kSmall = 0, kMain = 1 };

struct Held {
    std::uint32_t segment = kNowhere;
    std::uint32_t place = 0;
    std::uint32_t bytes = 0;   ///< with header, padding and headers of fragments
    std::uint32_t stored = 0;  ///< without those of fragments
    std::uint8_t hits = 0;
};

struct Segment {
    std::vector<Id> ids;
    std::uint32_t used = 0;
    Origin queue = kSmall;
};

struct Line {
    std::deque<std::uint32_t> sealed;
    std::uint32_t active = kNowhere;
    std::uint32_t count = 0;  ///< of segments, the active one included
};

struct Shard {
    std::array<Line, 2> queues;
    GhostLines ghosts;
    std::uint64_t records = 0;
    std::uint64_t record_bytes = 0;
    std::uint64_t buckets = 1;
    double small_share = kFirstShare;
    double aging_carry = 0;
};

class Segments final : public Policy {
  public:
    Segments(std::uint64_t capacity, Id ids)
        : capacity_(capacity),
          segment_bytes_(std::clamp<std::uint64_t>(std::bit_floor(capacity / 2048), 1U << 15U, 1U << 22U)),
          shards_(std::clamp<std::uint64_t>(std::bit_floor(capacity / segment_bytes_ / 64 | 1U), 1, 256)),
          buckets_(shards_.size()),
          held_(ids) {}

    bool get(const Use& use) override {
        Held& held = held_[use.id];
        if (held.segment == kNowhere) return false;
        held.hits = std::min<std::uint8_t>(static_cast<std::uint8_t>(held.hits + 1), kMostHits);
        return true;
    }

    void put(const Use& use) override {
        Shard& shard = shard_of(use.id);
        if (use.bytes > capacity_ / 8) return remove(use.id);
        const std::uint32_t bytes = record_bytes(use.bytes);
        Origin queue = kSmall;
        if (held_[use.id].segment != kNowhere) {
            queue = segments_[held_[use.id].segment].queue;
            const std::uint8_t hits = held_[use.id].hits;
            forget(shard, use.id);
            held_[use.id].hits = hits;
        } else if (const auto ghost = shard.ghosts.take(mix(use.id), shard.buckets)) {
            queue = kMain;
            adapt(shard, *ghost, bytes);
        }
        grow_index(shard);
        ++shard.records;
        ++records_;
        append(shard, queue, use.id, bytes);
        while (allocated_ > affordable() && empty_one(shard)) {
        }
    }

    void remove(Id id) override {
        if (held_[id].segment != kNowhere) forget(shard_of(id), id);
    }

    std::uint64_t records() const override { return records_; }

  private:
    Shard& shard_of(Id id) noexcept { return shards_[(mix(id) >> 32) & (shards_.size() - 1)]; }

    static std::uint32_t record_bytes(std::uint32_t payload) noexcept {
        const bool is_long = payload - KeyText::kBytes > kShortValueBytes;
        return (payload + (is_long ? kLongHeaderBytes : kHeaderBytes) + 7U) & ~7U;
    }

    // Segments that fit beside all metadata, one spare a shard left out.
    std::uint64_t affordable() const noexcept {
        const std::uint64_t metadata = kFixedBytes + buckets_ * kBucketBytes;
        if (metadata >= capacity_) return 0;
        const std::uint64_t all = (capacity_ - metadata) / (segment_bytes_ + kSegmentTableBytes);
        return all - std::min<std::uint64_t>(all, shards_.size());
    }

    void grow_index(Shard& shard) {
        if (static_cast<double>(shard.records + 1) <= static_cast<double>(shard.buckets) * kRecordsPerBucket) return;
        ++shard.buckets;
        ++buckets_;
    }

    void forget(Shard& shard, Id id) {
        --shard.records;
        --records_;
        shard.record_bytes -= held_[id].bytes;
        held_[id] = {};
    }

    void adapt(Shard& shard, const GhostLines::Ghost& ghost, std::uint32_t bytes) const {
        if (ghost.age >= kYoungGhost) return;
        const double all = static_cast<double>(segment_bytes_) * (shard.queues[kSmall].count + shard.queues[kMain].count);
        const double part = bytes / std::max(all, 1.0);
        shard.small_share += ghost.from_main ? -kShrinkage * part : kGrowth * part;
        shard.small_share = std::clamp(shard.small_share, kLeastShare, kMostShare);
    }

    void open_active(Shard& shard, Origin queue) {
        std::uint32_t fresh = static_cast<std::uint32_t>(segments_.size());
        if (free_.empty()) {
            segments_.emplace_back();
        } else {
            fresh = free_.back();
            free_.pop_back();
        }
        segments_[fresh] = {std::move(segments_[fresh].ids), 0, queue};
        Line& line = shard.queues[queue];
        if (line.active != kNowhere) line.sealed.push_back(line.active);
        line.active = fresh;
        ++line.count;
        ++allocated_;
    }

    void append(Shard& shard, Origin queue, Id id, std::uint32_t bytes) {
        Line& line = shard.queues[queue];
        if (line.active == kNowhere) open_active(shard, queue);
        Held& held = held_[id];
        held.stored = held.bytes = bytes;
        const bool splits = bytes > segment_bytes_ / kSplitPart;
        for (std::uint32_t left = bytes; left != 0;) {
            Segment& segment = segments_[line.active];
            const std::uint32_t room = static_cast<std::uint32_t>(segment_bytes_) - segment.used;
            if (left > room && (!splits || room < kSmallestFragment)) {
                open_active(shard, queue);
                continue;
            }
            if (held.segment == kNowhere) {
                held.segment = line.active;
                held.place = static_cast<std::uint32_t>(segment.ids.size());
                segment.ids.push_back(id);
            }
            const std::uint32_t part = std::min(left, room);
            segment.used += part;
            left -= part;
            if (left == 0) break;
            left += kHeaderBytes;
            held.bytes += kHeaderBytes;
        }
        shard.record_bytes += held.bytes;
    }

    bool empty_one(Shard& shard) {
        const Line& small = shard.queues[kSmall];
        const Line& main = shard.queues[kMain];
        const double share = std::max(1.0, shard.small_share * (small.count + main.count));
        const bool from_small = !small.sealed.empty() && (small.count > share || main.sealed.empty());
        Line& line = shard.queues[from_small ? kSmall : kMain];
        if (line.sealed.empty()) return false;
        const std::uint32_t victim = line.sealed.front();
        line.sealed.pop_front();
        std::vector<Id> ids = std::move(segments_[victim].ids);
        for (std::uint32_t place = 0; place < ids.size(); ++place) {
            const Held& held = held_[ids[place]];
            if (held.segment == victim && held.place == place) settle(shard, ids[place], from_small);
        }
        ids.clear();
        segments_[victim].ids = std::move(ids);
        free_.push_back(victim);
        --line.count;
        --allocated_;
        return true;
    }

    void settle(Shard& shard, Id id, bool from_small) {
        const Held held = held_[id];
        std::uint8_t hits = 0;
        bool keep = held.hits >= (shard.small_share > kLargeShare ? 1 : 2);
        if (!from_small) {
            const unsigned aging = held.hits == 0 ? 1 : aging_of(shard, held.bytes);
            keep = held.hits >= aging;
            if (keep) hits = static_cast<std::uint8_t>(held.hits - aging);
        }
        if (!keep) {
            shard.ghosts.remember(mix(id), shard.buckets, !from_small);
            count_eviction();
            return forget(shard, id);
        }
        shard.record_bytes -= held.bytes;
        held_[id] = {};
        held_[id].hits = hits;
        append(shard, kMain, id, held.stored);
    }

    // How many hits a round through main costs: one for a record of mean size, more for larger ones, fewer for smaller ones.
    // Fractions are carried over, so that they are right on the whole.
    static unsigned aging_of(Shard& shard, std::uint32_t bytes) noexcept {
        const double mean = static_cast<double>(shard.record_bytes) / static_cast<double>(shard.records);
        shard.aging_carry += std::min(kMostAging, std::sqrt(bytes / mean));
        const double whole = std::floor(shard.aging_carry);
        shard.aging_carry -= whole;
        return static_cast<unsigned>(whole);
    }

    std::uint64_t capacity_;
    std::uint64_t segment_bytes_;
    std::vector<Shard> shards_;
    std::uint64_t buckets_;
    std::vector<Held> held_;
    std::vector<Segment> segments_;
    std::vector<std::uint32_t> free_;
    std::uint64_t allocated_ = 0;
    std::uint64_t records_ = 0;
};

}  // namespace

std::unique_ptr<Policy> make_segments(std::uint64_t capacity, Id ids) { return std::make_unique<Segments>(capacity, ids); }

}  // namespace larder::tools::replay
