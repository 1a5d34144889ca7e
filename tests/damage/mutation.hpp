// Changes to a cache file that know where its words are: what random bytes would take years to hit.
#pragma once

#include "engine/format/geometry.hpp"
#include "tests/support/random.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace larder::tests {

/// Where the words of a cache file are.
struct Layout {
    /// REQUIRES: the bytes of a whole cache file.
    explicit Layout(std::span<const std::byte> file);

    format::Geometry geometry;
    std::vector<std::uint64_t> slots;    ///< offsets of slots in use
    std::vector<std::uint64_t> records;  ///< offsets of the records they lead to
    std::uint32_t segments_known = 0;
};

/// A whole cache file in memory, to be damaged.
class Mutation {
  public:
    Mutation(std::span<std::byte> file, const Layout& layout, Random& random) noexcept
        : file_(file), layout_(layout), geometry_(layout.geometry), random_(random) {}

    /// One change; what it was goes to the list.
    void change();
    /// The same, but the file keeps its identity: for a file that others are using.
    void change_shared();
    const std::vector<std::string>& changes() const noexcept { return changes_; }

  private:
    template <class T>
    T read(std::uint64_t offset) const noexcept {
        T value{};
        if (offset <= file_.size() - sizeof value) std::memcpy(&value, file_.data() + offset, sizeof value);
        return value;
    }
    template <class T>
    void write(std::uint64_t offset, T value, const char* what) {
        if (offset > file_.size() - sizeof value) return;
        // In one store, as a process that scribbles while others read would.
        if (offset % sizeof value == 0)
            __atomic_store_n(reinterpret_cast<T*>(file_.data() + offset), value, __ATOMIC_RELAXED);
        else
            std::memcpy(file_.data() + offset, &value, sizeof value);
        changes_.push_back(std::string(what) + " at " + std::to_string(offset) + " := " + std::to_string(value));
    }
    std::uint64_t interesting(std::uint64_t present);
    std::uint64_t some_offset();
    std::uint64_t some_slot_at();
    std::uint64_t some_record_at();

    std::uint32_t some_segment();

    void change_identity();
    void change_header_word();
    void change_shard();
    void displace();
    void change_slot();
    void swap_slots();
    void change_link();
    void change_generation();
    void change_segment_entry();
    void change_record_header();
    void change_fragment();
    void change_process();
    void change_bytes();
    void move_stretch();

    std::span<std::byte> file_;
    const Layout& layout_;
    const format::Geometry& geometry_;
    Random& random_;
    std::vector<std::string> changes_;
};

}  // namespace larder::tests
