// Words that sets displaced without a look at the records behind them. A set waits for two lines of memory otherwise, one after
// the other: the bucket, and the record that its word leads to; and nearly always that is of the same key. So the second one is
// left to whoever has the shard's lock when several such words have gathered, and loads their records all at once.
//
// Until then a displaced word counts as live, and readers find it (INV-19): it may be of another key with the same tag.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/index/lookup.hpp"
#include "engine/region/locked_shard.hpp"
#include "engine/region/record_access.hpp"

#include <algorithm>
#include <vector>

namespace larder::cache {

using format::SlotWord;
using index::Found;

/// How many words the shard says are displaced, brought within what there is room for.
inline std::uint32_t displaced_count(const region::LockedShard& shard) noexcept {
    return std::min<std::uint32_t>(shard.header.displaced_count, format::kDisplacedWordsPerShard);
}

/// Takes the displaced words of the same key as what displaced them off the accounts, and brings the others back to their
/// chains; where there is no room for a bucket more, they are evicted. After it none is displaced. Everything but the common set
/// begins with it. May move records within a chain: slots that were found before may be elsewhere.
void settle_displaced(Core& core, region::LockedShard& shard);
/// For repair: makes the last displaced word and what displaced it the redo note, unless there is one. A set writes none of its
/// own.
void note_last_displaced(region::LockedShard& shard) noexcept;
/// For repair: what a killed owner meant to displace, and is still in its slot, is not displaced.
void forget_undisplaced(region::LockedShard& shard);
/// Whether a displaced word counts for nothing: it is still in its slot, where a killed owner left it, or leads to no record.
bool is_undisplaced(region::LockedShard& shard, SlotWord word);
/// Tells a reader without a lock, who looks at all records of a main bucket, whether any has moved meanwhile: between buckets, or
/// between its chain and the displaced words.
class ChainWatch {
  public:
    ChainWatch(const region::Region& region, std::uint32_t shard, std::uint32_t bucket);
    /// Whether none has, since the watch was made.
    bool is_same() const;

  private:
    std::vector<SlotWord> displaced() const;

    const region::Region& region_;
    std::uint32_t shard_;
    std::uint32_t bucket_;
    std::uint64_t directory_;
    std::vector<SlotWord> displaced_;
};

/// The displaced words that lead to records of this main bucket whose keys have no other word in its chain. Takes no lock: what
/// is wanted of a record has to be read as any reader does; a slot that has changed holds something else altogether; and a word
/// that is on its way back may be in the chain as well.
std::vector<Found> hidden_words(const region::Region& region, std::uint32_t shard, std::uint32_t bucket);
/// settle_displaced() in each shard that has any and whose lock can be had: at once or, to `wait`, within `Options::timeout`.
enum class Patience : std::uint8_t { none, wait };
void settle_all_displaced(Core& core, Patience patience);

}  // namespace larder::cache
