// Reading a record without a lock: find, copy, and look again whether what was copied was whole.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/index/lookup.hpp"
#include "engine/region/record_access.hpp"

#include <larder/cache.hpp>

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace larder::cache {

/// Copies a value into a string, whose memory is reused.
class StringSink {
  public:
    static constexpr bool kMayBeTooSmall = false;
    explicit StringSink(std::string& string) noexcept : string_(&string) {}
    static constexpr bool wants_value() noexcept { return true; }
    std::byte* prepare(std::size_t length) const {
        if (string_->size() != length) string_->resize(length);
        return reinterpret_cast<std::byte*>(string_->data());
    }

  private:
    std::string* string_;
};

/// Copies a value into the caller's buffer, and says in `length` how long it is.
class BufferSink {
  public:
    static constexpr bool kMayBeTooSmall = true;
    BufferSink(std::span<std::byte> buffer, std::size_t& length) noexcept : buffer_(buffer), length_(&length) {}
    static constexpr bool wants_value() noexcept { return true; }
    std::byte* prepare(std::size_t length) const noexcept {
        *length_ = length;
        return length <= buffer_.size() ? buffer_.data() : nullptr;
    }

  private:
    std::span<std::byte> buffer_;
    std::size_t* length_;
};

/// Copies nothing.
class NoSink {
  public:
    static constexpr bool kMayBeTooSmall = true;
    static constexpr bool wants_value() noexcept { return false; }
    static constexpr std::byte* prepare(std::size_t) noexcept { return nullptr; }
};

/// Any of them. `prepare` is called with the value's length, perhaps several times when a copy has to be made again; nullptr
/// means that it does not fit.
class ValueSink {
  public:
    ValueSink(StringSink sink) noexcept : sink_(sink) {}  // NOLINT(google-explicit-constructor): any sink is one
    ValueSink(BufferSink sink) noexcept : sink_(sink) {}  // NOLINT(google-explicit-constructor)
    ValueSink(NoSink sink) noexcept : sink_(sink) {}      // NOLINT(google-explicit-constructor)

    bool wants_value() const noexcept { return sink_.index() != 0; }
    std::byte* prepare(std::size_t length) const {
        return std::visit([length](const auto& sink) { return sink.prepare(length); }, sink_);
    }

  private:
    std::variant<NoSink, StringSink, BufferSink> sink_;
};

/// The general way: whatever the record is, and however often it has to be looked at. What most gets need is in quick_read.hpp.
/// Counted by the caller; a hit is marked in its slot if `marks`.
/// ok, not_found, size_mismatch (the sink is too small), corrupt, busy (readers lost every race: practically never).
Code read_value(const Core& core, std::string_view key, std::uint64_t hash, ValueSink sink, RecordInfo* info, bool marks);

/// A read's answer. A miss costs no message; what went wrong gets one.
inline Status to_status(Code code) {
    if (code != Code::corrupt) [[likely]]
        return code;
    return {code, "the record's bytes do not have its checksum"};
}

/// One try at the record behind a slot word, by whoever found it.
enum class Attempt : std::uint8_t { hit, other_key, expired, changed, too_small, corrupt };
/// Copies the record that `word` leads to if its key is `key`. What is not `changed` was true at one moment of the call.
Attempt read_slot(const Core& core, const index::Slot& slot, index::SlotWord word, std::string_view key, std::uint64_t hash,
                  ValueSink& sink, RecordInfo* info);
/// Reads whatever record `word` leads to: its key into `key`, its value into `value` (nullptr: not wanted).
Attempt read_any(const Core& core, const index::Slot& slot, index::SlotWord word, std::string& key, std::string* value,
                 RecordInfo& info);
/// Still the same record? Everything copied before this is whole if so: the memory of a segment is written again only after
/// all slots into it have gone (INV-4). The acquire fence pairs with the release fence of start_segment().
inline bool still_there(const index::Slot& slot, index::SlotWord word) noexcept {
    std::atomic_thread_fence(std::memory_order_acquire);
    return format::without_hits(slot.load(std::memory_order_relaxed)) == format::without_hits(word);
}

/// Counts a hit in the slot that had this word, unless that is full or this handle may not write. Readers that count at the
/// same time count once: a lost hit, not an error.
inline void mark_hit(const Core& core, index::Slot& slot, index::SlotWord word) noexcept {
    const unsigned hits = format::hits_of(word);
    if (hits >= format::kMaxHits || !core.region.writable()) return;
    format::store_hits(slot, hits + 1);
    core.count(Count::hit_marks);
}

}  // namespace larder::cache
