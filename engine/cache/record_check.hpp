// Whether a slot leads to a whole record of its own bucket (INV-1, INV-2, INV-3), and what is wrong if it does not. Shared by
// the checker and by mending.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/format/slot.hpp"
#include "engine/region/record_access.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace larder::cache {

class RecordCheck {
  public:
    explicit RecordCheck(const Core& core) : core_(core) {}

    /// What is wrong with the record behind a slot word of main bucket `bucket`, which is one of `buckets`. Works on copies:
    /// the bytes may change meanwhile.
    std::optional<std::string> problem(std::uint32_t shard, std::uint32_t buckets, std::uint32_t bucket, format::SlotWord word);
    /// Bytes of whole records and fragments so far.
    std::uint64_t bytes() const noexcept { return bytes_; }
    /// Takes back what was counted since bytes() was this.
    void rewind(std::uint64_t bytes) noexcept { bytes_ = bytes; }

  private:
    bool holds(const region::RecordAt& record, std::uint64_t hash);
    std::optional<std::string> fragments_problem(const region::RecordAt& owner, std::uint64_t hash);
    const Core& core_;
    std::uint64_t bytes_ = 0;
    std::string copy_;
};

/// Calls `visit(part)` for a record and for each of its fragments, as far as they can be read.
template <class Visit>
void for_each_part(const region::Region& region, const region::RecordAt& record, Visit&& visit) {
    visit(record);
    if (!record.meta.is(format::kFragmented)) return;
    for (std::uint32_t i = 0; i < record.meta.fragments; ++i) {
        region::RecordAt fragment;
        if (region::read_record(region, region::read_fragment(region, record, i).offset, fragment)) visit(fragment);
    }
}
/// "record at offset N", for messages.
std::string place_of(std::uint64_t offset);

}  // namespace larder::cache
