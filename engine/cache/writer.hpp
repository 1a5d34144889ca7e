// The operations that change a record: each finds, decides and publishes under its shard's lock.
#pragma once

#include "engine/cache/core.hpp"
#include "engine/format/record.hpp"
#include "engine/region/locked_shard.hpp"

#include <larder/cache.hpp>

#include <string_view>

namespace larder::cache {

/// When a store goes through.
enum class Condition : std::uint8_t { always, if_absent, if_present, if_version };

struct StoreRequest {
    std::string_view key;
    std::string_view value;
    WriteOptions options;
    Condition condition = Condition::always;
    std::uint64_t expected_version = 0;
};

Status store(Core& core, const StoreRequest& request, std::uint64_t* version);
/// store() for a key of this hash, whose shard's lock is held.
Status store_locked(Core& core, region::LockedShard& shard, const StoreRequest& request, std::uint64_t hash,
                    std::uint64_t* version);
/// When what is written now expires, so many milliseconds later. Never 0.
std::int64_t expire_after(std::int64_t milliseconds) noexcept;
/// When what is written now expires, in milliseconds since the epoch; 0: never. REQUIRES: not Ttl::keep().
inline std::int64_t expiry_of(Ttl ttl) noexcept {
    if (ttl.is_never()) return 0;
    return ttl.is_absolute() ? ttl.milliseconds() : expire_after(ttl.milliseconds());
}
/// The queue where a record of an absent key begins: small, or main if the key was there not long ago.
format::Queue queue_for_new(region::LockedShard& shard, std::uint64_t hash, std::size_t bytes) noexcept;
Status remove(Core& core, std::string_view key);
Status touch(Core& core, std::string_view key, Ttl ttl, std::string* value, RecordInfo* info);
/// What a counter is changed by, and what it starts at.
struct Counting {
    std::int64_t delta;
    std::int64_t initial;
    bool down;
};
Result<std::int64_t> count_by(Core& core, std::string_view key, const Counting& counting, const WriteOptions& options);
/// Adds bytes behind (at_end) or before the value.
Status extend(Core& core, std::string_view key, std::string_view addition, bool at_end);
/// Removes all records of one shard and gives its segments back.
Status clear_shard(Core& core, std::uint32_t shard);

/// The largest value the cache takes at its present capacity.
std::uint64_t max_value_bytes(const Core& core) noexcept;
inline bool is_key(std::string_view key) noexcept { return key.size() - 1 < format::kMaxKeyBytes; }
/// Whether a key may be used at all: 1 to 65,535 bytes.
Status check_key(std::string_view key);

}  // namespace larder::cache
