// Reading a record without a lock: find, copy, and look again whether what was copied was whole.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/index/lookup.hpp"
#include "engine/region/record_access.hpp"

#include <larder/cache.hpp>

#include <span>
#include <string>
#include <string_view>

namespace larder::cache {

/// Where a value is copied to. `prepare` is called with the value's length, perhaps several times when a copy has to be made
/// again; nullptr means that it does not fit.
class ValueSink {
  public:
    explicit ValueSink(std::string& string) noexcept : string_(&string) {}
    explicit ValueSink(std::span<std::byte> buffer) noexcept : buffer_(buffer) {}
    /// Copies nothing.
    ValueSink() noexcept = default;

    bool wants_value() const noexcept { return string_ != nullptr || buffer_.data() != nullptr; }
    std::byte* prepare(std::size_t length) {
        if (string_ != nullptr) {
            if (string_->size() != length) string_->resize(length);
            return reinterpret_cast<std::byte*>(string_->data());
        }
        return length <= buffer_.size() ? buffer_.data() : nullptr;
    }

  private:
    std::string* string_ = nullptr;
    std::span<std::byte> buffer_;
};

/// What a read leaves behind besides the value.
enum class Footprint : std::uint8_t {
    none,     ///< neither counted nor marked
    counted,  ///< a hit or miss in the statistics
    marked,   ///< that, and a mark in the slot's hit counter
};

/// ok, not_found, size_mismatch (the sink is too small), corrupt, busy (readers lost every race: practically never).
Code read_value(const Core& core, std::string_view key, std::uint64_t hash, ValueSink sink, RecordInfo* info,
                Footprint footprint);

/// One try at the record behind a slot word, by whoever found it.
enum class Attempt : std::uint8_t { hit, other_key, expired, changed, too_small, corrupt };
/// Copies the record that `word` leads to if its key is `key`. What is not `changed` was true at one moment of the call.
Attempt read_slot(const Core& core, const index::Slot& slot, index::SlotWord word, std::string_view key, std::uint64_t hash,
                  ValueSink& sink, RecordInfo* info);
/// Reads whatever record `word` leads to: its key into `key`, its value into `value` (nullptr: not wanted).
Attempt read_any(const Core& core, const index::Slot& slot, index::SlotWord word, std::string& key, std::string* value,
                 RecordInfo& info);
/// Still the same record? Everything copied before this is whole if so: the memory of a segment is written again only after
/// all slots into it have gone (INV-4). The acquire fence pairs with the release fence of open_active().
inline bool still_there(const index::Slot& slot, index::SlotWord word) noexcept {
    std::atomic_thread_fence(std::memory_order_acquire);
    return format::without_hits(slot.load(std::memory_order_relaxed)) == format::without_hits(word);
}

/// Adds one to the slot's hit counter, unless it is full or this handle may not write.
inline void mark_hit(const Core& core, index::Slot& slot) noexcept {
    index::SlotWord word = slot.load(std::memory_order_relaxed);
    if (format::hits_of(word) == format::kMaxHits || format::is_empty(word) || !core.region.writable()) return;
    // Once is enough: a lost race is a lost hit, not an error.
    if (slot.compare_exchange_strong(word, word + 1, std::memory_order_relaxed, std::memory_order_relaxed))
        core.count(Count::hit_marks);
}

}  // namespace larder::cache
