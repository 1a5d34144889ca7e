// The physical limit (b) of a store that hashes keys: XXH3 of the key, one 8-byte slot, one record whose key is compared and
// whose value is copied: two dependent cache misses. No checks, no expiry, no eviction, and by default no lock.
//
// Index and records share one mapped file, as in the stores that are measured against it, so that all have the same sizes of
// virtual memory pages. Guards say what protects a record against a concurrent overwrite: nothing, or a lock.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "compare/mapping.hpp"
#include "compare/store.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace larder::bench {

/// The bytes of a limit's file: slots, then records, one behind the other.
class LimitFile {
  public:
    struct Record {
        std::uint32_t key_size;
        std::uint32_t value_size;
    };
    /// The tail, and the guards, a cache line each.
    static constexpr std::size_t kHeader = 65536;
    static constexpr std::uint64_t kGuards = 512;

    LimitFile(const Place& place, Opening opening, Pages pages);

    std::uint64_t mask() const noexcept { return mask_; }
    std::uint64_t* slots() const noexcept { return reinterpret_cast<std::uint64_t*>(at(kHeader)); }
    char* at(std::uint64_t offset) const noexcept { return mapping_.data() + offset; }
    /// Where the next record goes.
    std::uint64_t& tail() const noexcept { return *reinterpret_cast<std::uint64_t*>(at(0)); }
    std::uint64_t size() const noexcept { return mapping_.size(); }
    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
    std::uint64_t mask_;
    Mapping mapping_;
};

/// No protection: the limit itself.
struct NoGuard {
    static constexpr const char* kName = "limit-b";
    static constexpr const char* kSays = "index and records, no lock";
    static constexpr int kRank = 1;
    static constexpr const char* kWorkloads = "";
    template <class Read>
    static bool read(std::uint64_t&, Read read) {
        return read();
    }
    template <class Write>
    static bool write(std::uint64_t&, Write write) {
        return write();
    }
};

template <class Guard>
class LimitSession;

template <class Guard>
class LimitStore {
  public:
    static constexpr Traits kTraits{
        .name = Guard::kName, .says = Guard::kSays, .kind = Kind::limit, .rank = Guard::kRank, .workloads = Guard::kWorkloads};
    using Session = LimitSession<Guard>;

    LimitStore(const Place& place, Opening opening, Pages pages = Pages::ordinary) : file_(place, opening, pages) {}
    std::unique_ptr<Session> session() { return std::make_unique<Session>(file_); }
    std::uint64_t footprint() { return file_footprint(file_.path()); }
    static void remove(const Place& place) { std::remove(place.path.c_str()); }

  private:
    LimitFile file_;
};

template <class Guard>
class LimitSession {
  public:
    explicit LimitSession(LimitFile& file) : slots_(file.slots()), base_(file.at(0)), mask_(file.mask()), file_(file) {}

    bool get(const Step& step, Answer& answer) {
        const std::string_view key = step.key();
        const std::uint64_t hash = XXH3_64bits(key.data(), key.size());
        return Guard::read(guard_of(hash), [&] { return copy_from(find(key, hash), key.size(), answer); });
    }

    bool set(const Step& step, std::string_view value) {
        const std::string_view key = step.key();
        const std::uint64_t hash = XXH3_64bits(key.data(), key.size());
        return Guard::write(guard_of(hash), [&] { return overwrite_or_append(key, hash, value); });
    }

    std::size_t get_many(const Step* steps, Answer* answers);

  private:
    static constexpr unsigned kTagShift = 48;
    static constexpr std::uint64_t kOffsetMask = (std::uint64_t{1} << kTagShift) - 1;
    using Record = LimitFile::Record;

    std::uint64_t& guard_of(std::uint64_t hash) const noexcept {
        return *reinterpret_cast<std::uint64_t*>(base_ + 64 + ((hash >> 32U) % LimitFile::kGuards) * 64);
    }
    std::uint64_t slot_at(std::uint64_t index) const noexcept {
        return std::atomic_ref<std::uint64_t>(slots_[index]).load(std::memory_order_acquire);
    }

    /// The record of the key, or nullptr.
    char* find(std::string_view key, std::uint64_t hash) const noexcept {
        for (std::uint64_t index = hash & mask_;; index = (index + 1) & mask_) {
            const std::uint64_t slot = slot_at(index);
            if (slot == 0) return nullptr;
            if (slot >> kTagShift != hash >> kTagShift) continue;
            char* record = base_ + (slot & kOffsetMask);
            if (holds(record, key)) return record;
        }
    }
    static bool holds(const char* record, std::string_view key) noexcept {
        return reinterpret_cast<const Record*>(record)->key_size == key.size() &&
               std::memcmp(record + sizeof(Record), key.data(), key.size()) == 0;
    }
    static bool copy_from(const char* record, std::size_t key_size, Answer& answer) noexcept {
        return record != nullptr &&
               answer.copy(record + sizeof(Record) + key_size, reinterpret_cast<const Record*>(record)->value_size);
    }

    bool overwrite_or_append(std::string_view key, std::uint64_t hash, std::string_view value) noexcept {
        char* record = find(key, hash);
        if (record == nullptr) return append(key, hash, value);
        if (reinterpret_cast<Record*>(record)->value_size != value.size()) return false;
        std::memcpy(record + sizeof(Record) + key.size(), value.data(), value.size());
        return true;
    }

    bool append(std::string_view key, std::uint64_t hash, std::string_view value) noexcept {
        const std::uint64_t offset = file_.tail();
        const std::uint64_t length = (sizeof(Record) + key.size() + value.size() + 7) & ~std::uint64_t{7};
        if (offset + length > file_.size()) return false;
        char* record = base_ + offset;
        *reinterpret_cast<Record*>(record) = {static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())};
        std::memcpy(record + sizeof(Record), key.data(), key.size());
        std::memcpy(record + sizeof(Record) + key.size(), value.data(), value.size());
        file_.tail() = offset + length;
        std::uint64_t index = hash & mask_;
        while (slot_at(index) != 0) index = (index + 1) & mask_;
        std::atomic_ref<std::uint64_t>(slots_[index]).store((hash >> kTagShift << kTagShift) | offset, std::memory_order_release);
        return true;
    }

    std::uint64_t* slots_;
    char* base_;
    std::uint64_t mask_;
    LimitFile& file_;
};

/// Limit (c): as (b), with sixteen lookups under way at once.
template <class Guard>
std::size_t LimitSession<Guard>::get_many(const Step* steps, Answer* answers) {
    std::uint64_t hashes[kBatch];
    char* records[kBatch];
    for (std::size_t i = 0; i < kBatch; ++i) {
        hashes[i] = XXH3_64bits(steps[i].bytes, kKeySize);
        __builtin_prefetch(slots_ + (hashes[i] & mask_));
    }
    for (std::size_t i = 0; i < kBatch; ++i) {
        records[i] = nullptr;
        for (std::uint64_t index = hashes[i] & mask_; records[i] == nullptr; index = (index + 1) & mask_) {
            const std::uint64_t slot = slot_at(index);
            if (slot == 0) break;
            if (slot >> kTagShift == hashes[i] >> kTagShift) records[i] = base_ + (slot & kOffsetMask);
        }
        __builtin_prefetch(records[i]);
        __builtin_prefetch(records[i] + 64);
    }
    std::size_t hits = 0;
    for (std::size_t i = 0; i < kBatch; ++i) {
        const std::string_view key = steps[i].key();
        char* record = records[i];
        if (record != nullptr && !holds(record, key)) record = find(key, hashes[i]);
        hits += copy_from(record, key.size(), answers[i]);
    }
    return hits;
}

}  // namespace larder::bench
