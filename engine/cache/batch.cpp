#include "engine/cache/batch.hpp"

#include "engine/cache/quick_read.hpp"

#include <algorithm>
#include <array>

namespace larder::cache {

void prefetch_for_writes(const Core& core, std::span<const std::string_view> keys) noexcept {
    std::array<quick::Home, kBatchGroup> homes{};
    const std::size_t count = std::min(keys.size(), kBatchGroup);
    for (std::size_t i = 0; i < count; ++i) {
        homes[i] = quick::find_home(core, core.hash(keys[i]));
        __builtin_prefetch(homes[i].bucket);
    }
    for (std::size_t i = 0; i < count; ++i) {
        const index::Slot* const slot = quick::find_slot(*homes[i].bucket, homes[i].hash);
        if (slot != nullptr) quick::prefetch_record(core, slot->load(std::memory_order_relaxed));
    }
}

}  // namespace larder::cache
