// Recovery of one shard. Links between buckets are not believed: the words are, wherever they stand. The page with the link
// may be older or newer than the bucket it led to at the flush, and what that holds must still be found.
//
// Nothing that is kept is ever in one place alone that has not been on disk: a word that must come to another bucket is
// copied there first, all of that is flushed, and only then its old place is cleared. So recovery may be cut off anywhere and
// begun again.
#pragma once

#include "engine/cache/segment_space.hpp"
#include "engine/cache/slot_order.hpp"
#include "engine/region/locked_shard.hpp"
#include "engine/region/record_access.hpp"

#include <bitset>
#include <cstdint>
#include <functional>
#include <vector>

namespace larder::cache {

using WalkedBytes = std::function<void(std::uint64_t)>;

// A stretch of a segment that holds a whole record.
struct Part {
    std::uint64_t offset;
    std::uint32_t bytes;
};

/// A slot that is not in the chain of `home`, where its key belongs.
struct Stray {
    Place place;
    std::uint32_t home;
};

/// What a thread works with, in shard after shard. Its memory is kept: to ask for new pages costs more than the work.
struct RecoveryScratch {
    SlotOrder order;
    std::vector<std::uint32_t> chains;                     ///< the main bucket that leads to each overflow bucket
    std::vector<std::uint32_t> doubtful;                   ///< main buckets in whose chains a key may have two slots
    std::vector<Place> seen;                               ///< in one chain
    std::bitset<std::size_t{1} << format::kTagBits> tags;  ///< of those seen; empty between chains
    std::vector<Stray> strays;
    std::vector<Part> parts;
    std::vector<Part> dropped;
};

class ShardRecovery {
  public:
    /// `scratch` is for run() alone, and may be gone after.
    ShardRecovery(Core& core, std::uint32_t id, SegmentSpace& space, RecoveryScratch& scratch)
        : shard_(core.region, id),
          space_(space),
          scratch_(scratch),
          doubts_directory_(core.options.recovery == Recovery::always) {}

    /// Confirms the shard's words, empties the slots of the others, copies those that are astray to where they belong, and
    /// makes the accounts of its segments. `walked` is told of bytes read.
    void run(const WalkedBytes& walked);
    /// Whether words stand in two places until all is on disk.
    bool has_strays() const noexcept { return !places_to_clear_.empty() || !pending_.empty(); }
    /// Slots emptied: they led to no whole record, or to one that a later one replaces.
    std::uint64_t dropped() const noexcept { return dropped_slots_; }
    /// Clears what was copied elsewhere, and makes what is derived of the index. REQUIRES: if has_strays(), a flush since run().
    void finish();

  private:
    // An overflow bucket that will be linked to the end of a chain once its content is on disk.
    struct Pending {
        std::uint32_t home;
        format::Slot* link;
        format::Bucket* bucket;
    };

    void follow_chain(std::uint32_t home);
    void gather();
    unsigned gather_from(format::Bucket& bucket, bool is_in_chain);
    void gather_displaced();
    bool is_hidden(const format::Displaced& displaced);
    void confirm_all(const WalkedBytes& walked);
    void confirm_or_drop(const Place& place);
    bool confirm(const Place& place, std::uint32_t& home);
    bool fits_place(format::SlotWord word, const region::RecordAt& record, std::uint64_t hash) const noexcept;
    bool fragments_have_space(const region::RecordAt& owner);
    bool fragments_are_whole(const region::RecordAt& owner, std::uint64_t hash);
    std::uint64_t bucket_offset(const format::Slot& slot) const noexcept;
    std::uint32_t chain_of(const format::Slot& slot) const noexcept;

    void drop_doubles(std::uint32_t home);
    bool drop_older(Place& first, const Place& second);
    void empty(format::Slot& slot) noexcept;
    void drop(format::Slot& slot, format::SlotWord word);
    void count_out(format::SlotWord word);
    void bring_home(const Stray& stray);
    bool is_superfluous(const Stray& stray);
    void free_unused_buckets();
    format::Slot* place_at_home(std::uint32_t home);
    bool belongs_to(format::SlotWord word, std::uint32_t home) const;

    void settle_index_as_found();
    void list_parts(format::SlotWord word, std::vector<Part>& parts) const;
    void settle_segments();
    void settle_segment(const Part* first, const Part* last);

    region::LockedShard shard_;
    SegmentSpace& space_;
    RecoveryScratch& scratch_;
    bool doubts_directory_;  // it was asked for, whatever the file says of itself
    std::uint32_t buckets_ = 0;
    std::uint64_t confirmed_ = 0;  // the offset of the last whole record
    std::uint64_t records_ = 0;    // slots in chains that may lead to one
    bool is_as_found_ = true;      // no slot has changed
    std::uint64_t dropped_slots_ = 0;
    std::vector<Place> places_to_clear_;
    std::vector<Pending> pending_;
};

}  // namespace larder::cache
