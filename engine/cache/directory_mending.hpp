// How many buckets a shard's index has, from where its records stand, for when the directory word is not to be believed.
#pragma once

#include "engine/region/locked_shard.hpp"

#include <cstdint>
#include <functional>

namespace larder::cache {

/// Makes the directory word count the main buckets for which most of the shard's records are in the right one, if there are any
/// in buckets beyond those that it counts. False: it stays as it is. (One that counts too many is made right by bringing records
/// to the buckets where it has them.) Records are looked at only in segments that `may_look` allows.
/// Cost: a read of the buckets beyond; if they hold anything, of the shard's index and its records' keys.
bool correct_directory(region::LockedShard& shard, const std::function<bool(std::uint32_t segment)>& may_look);

}  // namespace larder::cache
