// Visiting all records, bucket by bucket, without stopping anybody.
//
// Buckets are visited in rising order, and a split moves records only to a higher bucket: a record that exists all the while
// is never missed. (A merge, when the capacity is lowered, may move one to where the scan has been.)
#pragma once

#include "engine/cache/core.hpp"

#include <larder/cache.hpp>

#include <functional>

namespace larder::cache {

Result<Cursor> scan(const Core& core, const ScanOptions& options, const std::function<bool(const RecordView&)>& visit);

}  // namespace larder::cache
