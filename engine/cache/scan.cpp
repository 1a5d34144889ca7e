#include "engine/cache/scan.hpp"

#include "engine/cache/displaced.hpp"
#include "engine/cache/reader.hpp"
#include "engine/index/chain.hpp"

#include <algorithm>
#include <vector>

namespace larder::cache {
namespace {

// Cursor::position: shard in the upper 16 bits, records of the chain already shown in the next 16, main bucket in the lower 32.
constexpr std::uint64_t position_of(std::uint32_t shard, std::uint32_t bucket, std::uint64_t shown = 0) noexcept {
    return (std::uint64_t{shard} << 48) | ((shown & 0xffff) << 32) | bucket;
}

struct Copy {
    std::string key;
    std::string value;
    RecordInfo info;
};

std::uint32_t buckets_of(const Core& core, std::uint32_t shard) noexcept {
    const auto directory = format::unpack_directory(core.region.shard(shard).directory.load(std::memory_order_acquire));
    return std::clamp<std::uint32_t>(directory.buckets, 1, static_cast<std::uint32_t>(core.geometry().buckets_per_shard));
}

// Copies the records of one chain. A record that moves to another bucket meanwhile would be missed: then the chain is
// copied again, as often as it takes within reason.
void copy_chain(const Core& core, std::uint32_t shard, std::uint32_t bucket, const ScanOptions& options,
                std::vector<Copy>& copies) {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries; ++i) {
        copies.clear();
        const std::uint64_t before = core.region.shard(shard).directory.load(std::memory_order_acquire);
        bool changed = false;
        auto take = [&](index::Slot& slot, index::SlotWord word) {
            Copy copy;
            for (int n = 0; n < kTries; ++n) {
                const Attempt attempt =
                    read_any(core, slot, word, copy.key, options.keys_only ? nullptr : &copy.value, copy.info);
                if (attempt == Attempt::hit && copy.key.starts_with(options.prefix)) copies.push_back(copy);
                if (attempt != Attempt::changed) return;
                word = slot.load(std::memory_order_acquire);
                if (format::is_empty(word) || format::is_link(word, core.geometry())) break;
            }
            changed = true;
        };
        index::for_each_slot(core.region, shard, &core.region.bucket(shard, bucket), take);
        for (const Found& hidden : hidden_words(core.region, shard, bucket)) take(*hidden.slot, hidden.word);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (!changed && core.region.shard(shard).directory.load(std::memory_order_relaxed) == before) return;
    }
}

}  // namespace

Result<Cursor> scan(const Core& core, const ScanOptions& options, const std::function<bool(const RecordView&)>& visit) {
    auto shard = static_cast<std::uint32_t>(options.from.position >> 48);
    auto bucket = static_cast<std::uint32_t>(options.from.position);
    std::size_t shown = (options.from.position >> 32) & 0xffff;
    std::vector<Copy> copies;
    if (options.from.done) return options.from;
    for (; shard < core.geometry().shard_count; ++shard, bucket = 0) {
        for (; bucket < buckets_of(core, shard); ++bucket, shown = 0) {
            copy_chain(core, shard, bucket, options, copies);
            for (; shown < copies.size(); ++shown) {
                const Copy& copy = copies[shown];
                if (!visit({copy.key, copy.value, copy.info})) return Cursor{position_of(shard, bucket, shown + 1), false};
            }
        }
    }
    return Cursor{position_of(shard, 0), true};
}

}  // namespace larder::cache
