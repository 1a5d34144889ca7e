#include "engine/cache/record_check.hpp"

namespace larder::cache {

using region::RecordAt;

std::string place_of(std::uint64_t offset) { return "record at offset " + std::to_string(offset); }

std::optional<std::string> RecordCheck::problem(std::uint32_t shard, std::uint32_t buckets, std::uint32_t bucket,
                                                format::SlotWord word) {
    RecordAt record;
    const std::uint64_t offset = format::offset_of(word);
    if (!region::read_record(core_.region, offset, record)) return place_of(offset) + " has no valid header";
    if (record.meta.key_length == 0 || record.meta.is(format::kFragment)) return place_of(offset) + " is no record with a key";
    if (!region::copy_key(core_.region, record, copy_)) return place_of(offset) + " has a key in fragments that are missing";
    const std::uint64_t hash = core_.hash(copy_);
    if (core_.geometry().shard_of(hash) != shard || format::bucket_of(hash, buckets) != bucket) {
        return place_of(offset) + " has a key of another bucket than " + std::to_string(bucket);
    }
    if (format::tag_of(word) != format::tag_from_hash(hash)) return place_of(offset) + " has another tag than its slot";
    const std::uint32_t segment = core_.geometry().segment_of(offset);
    if (!format::same_generation(word, core_.region.generation(segment).load(std::memory_order_relaxed))) {
        return place_of(offset) + " is of another generation than its slot";
    }
    if (!holds(record, hash)) return place_of(offset) + " does not have its checksum";
    bytes_ += record.meta.stored_bytes();
    return record.meta.is(format::kFragmented) ? fragments_problem(record, hash) : std::nullopt;
}

bool RecordCheck::holds(const RecordAt& record, std::uint64_t hash) {
    copy_.resize(record.meta.payload_bytes());
    platform::copy_from_shared(copy_.data(), core_.region.at(record.payload_at()), copy_.size());
    return region::expected_checksum(core_.region, record, format::payload_sum(copy_.data(), copy_.size()), hash) ==
           record.meta.checksum;
}

std::optional<std::string> RecordCheck::fragments_problem(const RecordAt& owner, std::uint64_t hash) {
    std::uint64_t length = 0;
    for (std::uint32_t i = 0; i < owner.meta.fragments; ++i) {
        const format::Fragment listed = region::read_fragment(core_.region, owner, i);
        RecordAt fragment;
        const std::string name = place_of(owner.offset) + ", fragment " + std::to_string(i);
        if (!region::read_record(core_.region, listed.offset, fragment) || !fragment.meta.is(format::kFragment))
            return name + " is missing";
        if (fragment.meta.value_length != listed.length || fragment.meta.checksum != listed.checksum || !holds(fragment, hash))
            return name + " does not have its checksum";
        length += listed.length;
        bytes_ += fragment.meta.stored_bytes();
    }
    if (length != owner.meta.fragmented_bytes())
        return place_of(owner.offset) + " has fragments of another length than its value";
    return std::nullopt;
}

}  // namespace larder::cache
