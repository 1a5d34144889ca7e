// A queue of keys with their sizes, linked through arrays: every operation takes the same time wherever the key stands.
#pragma once

#include "replay/trace.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace larder::tools::replay {

inline constexpr Id kNoId = std::numeric_limits<Id>::max();

class Queue {
  public:
    /// For keys below `ids`.
    explicit Queue(Id ids) : links_(ids + std::size_t{1}, Link{kNoId, kNoId, 0}), sentinel_(ids) {
        links_[sentinel_].newer = links_[sentinel_].older = sentinel_;
    }

    bool contains(Id id) const noexcept { return links_[id].newer != kNoId; }
    bool empty() const noexcept { return count_ == 0; }
    std::uint64_t bytes() const noexcept { return bytes_; }
    std::uint64_t count() const noexcept { return count_; }
    std::uint32_t size_of(Id id) const noexcept { return links_[id].bytes; }

    /// REQUIRES: not contained.
    void push(Id id, std::uint32_t bytes) {
        const Id newest = links_[sentinel_].older;
        links_[id] = {sentinel_, newest, bytes};
        links_[newest].newer = id;
        links_[sentinel_].older = id;
        bytes_ += bytes;
        ++count_;
    }

    /// REQUIRES: contained. Returns its size.
    std::uint32_t erase(Id id) {
        const Link link = links_[id];
        links_[link.newer].older = link.older;
        links_[link.older].newer = link.newer;
        links_[id] = {kNoId, kNoId, 0};
        bytes_ -= link.bytes;
        --count_;
        return link.bytes;
    }

    /// Makes a contained key the newest.
    void renew(Id id) { push(id, erase(id)); }

    /// kNoId when empty.
    Id oldest() const noexcept { return outside(links_[sentinel_].newer); }
    /// The next newer key; kNoId behind the newest.
    Id newer(Id id) const noexcept { return outside(links_[id].newer); }

  private:
    // The sentinel stands between newest and oldest: its `older` is the newest key, its `newer` the oldest.
    struct Link {
        Id newer;
        Id older;
        std::uint32_t bytes;
    };
    Id outside(Id id) const noexcept { return id == sentinel_ ? kNoId : id; }

    std::vector<Link> links_;
    Id sentinel_;
    std::uint64_t bytes_ = 0;
    std::uint64_t count_ = 0;
};

}  // namespace larder::tools::replay
