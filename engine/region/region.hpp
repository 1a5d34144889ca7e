// A cache file mapped into this process: typed access to each of its areas, and nothing that decides.
#pragma once

#include "engine/format/geometry.hpp"
#include "engine/format/hash.hpp"
#include "engine/format/header.hpp"
#include "engine/format/process_entry.hpp"
#include "engine/format/segment_entry.hpp"
#include "engine/format/shard.hpp"
#include "engine/format/slot.hpp"
#include "engine/platform/read_ahead.hpp"

#include <larder/mapped_file.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

namespace larder::region {

inline constexpr std::uint32_t kNoProcess = 0xffffffff;

class Region {
  public:
    Region() = default;
    Region(MappedFile file, MappedView view, const format::Geometry& geometry, std::uint64_t hash_seed) noexcept
        : file_(std::move(file)),
          view_(std::move(view)),
          geometry_(geometry),
          base_(view_.data()),
          shards_(base_ + geometry.shards_begin),
          index_(base_ + geometry.index_begin),
          generations_(base_ + geometry.generations_begin),
          hash_(hash_seed),
          writable_(view_.access() == Access::read_write) {}

    const format::Geometry& geometry() const noexcept { return geometry_; }
    /// By the seed that the identity had when that was checked.
    std::uint64_t hash(std::string_view key) const noexcept { return hash_(key); }
    MappedFile& file() const noexcept { return lent_ != nullptr ? *lent_ : file_; }
    /// Works on a file that somebody else keeps: for creation, where the file is not ours yet.
    void lend(MappedFile& file) noexcept { lent_ = &file; }
    /// Tells the kernel that a range is about to be read.
    void will_need(std::uint64_t offset, std::uint64_t length) const noexcept { platform::will_need(at(offset), length); }
    /// Writes the header to disk and waits.
    Status flush_header() const { return view_.flush(0, format::kHeaderBytes); }
    bool writable() const noexcept { return writable_; }
    std::byte* at(std::uint64_t offset) const noexcept { return base_ + offset; }

    format::FileHeader& header() const noexcept { return *as<format::FileHeader>(0); }
    format::ProcessEntry& process(std::uint32_t index) const noexcept {
        return *as<format::ProcessEntry>(geometry_.process_at(index));
    }
    format::ShardHeader& shard(std::uint32_t shard) const noexcept {
        return *reinterpret_cast<format::ShardHeader*>(shards_ + shard * format::kShardBytes);
    }
    std::atomic<std::uint64_t>& generation(std::uint64_t segment) const noexcept {
        return reinterpret_cast<std::atomic<std::uint64_t>*>(generations_)[segment];
    }
    format::SegmentEntry& segment(std::uint32_t segment) const noexcept {
        return *as<format::SegmentEntry>(geometry_.segment_entry_at(segment));
    }
    /// The segment that an offset lies in. REQUIRES: geometry().holds_records(offset).
    format::SegmentEntry& segment_at(std::uint64_t offset) const noexcept { return segment(geometry_.segment_of(offset)); }
    format::Bucket& bucket(std::uint32_t shard, std::uint64_t bucket) const noexcept {
        return reinterpret_cast<format::Bucket*>(index_)[geometry_.bucket_position(shard, bucket)];
    }
    format::Bucket& bucket_at(std::uint64_t offset) const noexcept { return *as<format::Bucket>(offset); }

    /// Segments to look at when all are wanted: those that have ever been in use.
    std::uint32_t segments_known() const noexcept {
        return std::min(header().segments_known.load(std::memory_order_acquire), geometry_.segment_count);
    }

    /// This handle's index in the process table; kNoProcess when read-only.
    std::uint32_t self() const noexcept { return self_; }
    void set_self(std::uint32_t index) noexcept { self_ = index; }
    /// Whether this handle asks for large pages where it commits space.
    bool large_pages() const noexcept { return large_pages_; }
    void set_large_pages(bool wanted) noexcept { large_pages_ = wanted; }

  private:
    template <class T>
    T* as(std::uint64_t offset) const noexcept {
        return reinterpret_cast<T*>(base_ + offset);
    }

    mutable MappedFile file_;
    MappedFile* lent_ = nullptr;
    MappedView view_;
    format::Geometry geometry_;
    std::byte* base_ = nullptr;
    // Where areas that each lookup needs begin in memory.
    std::byte* shards_ = nullptr;
    std::byte* index_ = nullptr;
    std::byte* generations_ = nullptr;
    format::KeyHash hash_;
    bool writable_ = false;
    bool large_pages_ = false;
    std::uint32_t self_ = kNoProcess;
};

}  // namespace larder::region
