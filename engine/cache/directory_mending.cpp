#include "engine/cache/directory_mending.hpp"

#include "engine/format/slot.hpp"
#include "engine/index/chain.hpp"
#include "engine/index/lookup.hpp"
#include "engine/region/record_access.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

namespace larder::cache {
namespace {

using format::SlotWord;
using region::LockedShard;
using region::RecordAt;

// The numbers of buckets for which a hash belongs into a certain one: all from `first` to `last`.
struct Range {
    std::uint64_t first = 1;
    std::uint64_t last = 0;
};

// A bucket holds a hash from when there are so many buckets that it is one, until that which the hash's next bit leads to is
// split off it.
Range numbers_for(std::uint32_t bucket, std::uint64_t hash) noexcept {
    const auto low = static_cast<std::uint32_t>(hash);
    const auto width = static_cast<unsigned>(std::bit_width(bucket));
    const std::uint64_t below = (std::uint64_t{1} << width) - 1;
    if ((low & below) != bucket) return {};
    const std::uint64_t above = std::uint64_t{low} >> width;
    if (above == 0) return {std::uint64_t{bucket} + 1, std::numeric_limits<std::uint32_t>::max()};
    return {std::uint64_t{bucket} + 1, bucket + (std::uint64_t{1} << (width + static_cast<unsigned>(std::countr_zero(above))))};
}

std::uint32_t most_buckets(const LockedShard& shard) noexcept {
    return static_cast<std::uint32_t>(
        std::min(shard.header.main_buckets_committed.load(std::memory_order_relaxed), shard.geometry().buckets_per_shard));
}

using MayLook = std::function<bool(std::uint32_t segment)>;

// Calls `visit(bucket, hash)` for each word in any bucket that has space, as far as it leads to what looks like its record. (Keys
// that are kept in fragments are left out: they lie in segments that nobody has asked about.)
template <class Visit>
void for_each_hash(const LockedShard& shard, const MayLook& may_look, Visit&& visit) {
    for (std::uint32_t i = 0; i < most_buckets(shard); ++i) {
        index::for_each_slot(shard.region, shard.id, &shard.region.bucket(shard.id, i), [&](format::Slot&, SlotWord word) {
            const std::uint64_t offset = format::offset_of(word);
            if (!shard.geometry().holds_records(offset) || !may_look(shard.geometry().segment_of(offset))) return;
            RecordAt record;
            if (!region::read_record(shard.region, offset, record) || record.meta.key_length == 0 || record.meta.has_long_key())
                return;
            const std::uint64_t hash = region::owner_hash(shard.region, record);
            if (shard.geometry().shard_of(hash) == shard.id && format::tag_from_hash(hash) == format::tag_of(word))
                visit(i, hash);
        });
    }
}

// Whether a bucket behind those that the directory knows of leads anywhere. There are none such in a whole index.
bool has_words_beyond(const LockedShard& shard, std::uint32_t buckets) noexcept {
    for (std::uint32_t i = buckets; i < most_buckets(shard); ++i) {
        for (const format::Slot& slot : shard.region.bucket(shard.id, i).slots) {
            if (shard.geometry().holds_records(format::offset_of(slot.load(std::memory_order_relaxed)))) return true;
        }
    }
    return false;
}

std::uint32_t likely_buckets(const LockedShard& shard, const MayLook& may_look) {
    const std::uint32_t now = index::bounded_buckets(shard.region, shard.id);
    if (!has_words_beyond(shard, now)) return now;
    // How many more records agree with a number than with the one before.
    const std::uint32_t most = most_buckets(shard);
    std::vector<std::int32_t> rises(std::size_t{most} + 2);
    for_each_hash(shard, may_look, [&](std::uint32_t bucket, std::uint64_t hash) {
        const Range range = numbers_for(bucket, hash);
        if (range.first > std::min<std::uint64_t>(range.last, most)) return;
        ++rises[range.first];
        --rises[std::min<std::uint64_t>(range.last, most) + 1];
    });
    std::int64_t agreeing = 0;
    std::int64_t agreeing_now = 0;
    std::int64_t most_agreeing = 0;
    std::uint32_t likely = now;
    for (std::uint32_t number = 1; number <= most; ++number) {
        agreeing += rises[number];
        if (number == now) agreeing_now = agreeing;
        if (agreeing <= most_agreeing) continue;
        most_agreeing = agreeing;
        likely = number;
    }
    return agreeing_now == most_agreeing ? now : likely;
}

}  // namespace

bool correct_directory(LockedShard& shard, const MayLook& may_look) {
    const std::uint32_t likely = likely_buckets(shard, may_look);
    auto directory = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed));
    if (likely == directory.buckets) return false;
    directory.buckets = likely;
    ++directory.moves;
    shard.header.directory.store(format::pack_directory(directory), std::memory_order_release);
    return true;
}

}  // namespace larder::cache
