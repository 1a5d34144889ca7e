#include "replay/space_use.hpp"

#include "failure.hpp"

#include <algorithm>

namespace larder::tools::replay {
namespace {

constexpr std::uint64_t less(std::uint64_t whole, std::uint64_t part) noexcept { return whole - std::min(whole, part); }

}  // namespace

SpaceUse measure_space(const Cache& cache, const Stats& stats) {
    SpaceUse use;
    ScanOptions scan;
    scan.keys_only = true;
    check(cache.for_each(scan,
                         [&use](const RecordView& record) {
                             use.payload += record.key.size() + record.info.value_size;
                             return true;
                         }),
          cache.path());
    use.capacity = stats.capacity;
    use.framing = less(stats.record_bytes, use.payload);
    use.dead = stats.dead_bytes;
    use.unfilled = less(stats.segment_bytes, stats.record_bytes + stats.dead_bytes);
    use.index = stats.index_bytes;
    use.fixed = stats.fixed_bytes;
    use.uncommitted = less(stats.capacity, stats.committed_bytes);
    return use;
}

}  // namespace larder::tools::replay
