#include "engine/cache/tally.hpp"

#include <algorithm>

namespace larder::cache {

void Tally::add_slowly(Count count, std::uint64_t n) const noexcept {
    const unsigned stripe = std::min(platform::thread_ordinal(), kShared);
    (*stripes_)[stripe].counts[static_cast<unsigned>(count)].fetch_add(n, std::memory_order_relaxed);
}

}  // namespace larder::cache
