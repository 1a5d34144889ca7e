#include "engine/cache/scan.hpp"

#include "engine/cache/displaced.hpp"
#include "engine/cache/reader.hpp"
#include "engine/index/chain.hpp"

#include <algorithm>
#include <utility>
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

// Copies the records of one chain. A record that moves meanwhile would be missed: then the chain is copied again, as often as it
// takes within reason.
void copy_chain(const Core& core, std::uint32_t shard, std::uint32_t bucket, const ScanOptions& options,
                std::vector<Copy>& copies) {
    constexpr int kTries = 100;
    // Each takes about a microsecond. Writers of two keys of one tag, and of no others, make hundreds fail.
    constexpr int kChainTries = 10'000;
    for (int i = 0; i < kChainTries; ++i) {
        copies.clear();
        const ChainWatch watch(core.region, shard, bucket);
        bool changed = false;
        auto try_to_take = [&](index::Slot& slot, index::SlotWord word) {
            Copy copy;
            const Attempt attempt = read_any(core, slot, word, copy.key, options.keys_only ? nullptr : &copy.value, copy.info);
            const auto is_same_key = [&copy](const Copy& other) { return other.key == copy.key; };
            if (attempt == Attempt::hit && copy.key.starts_with(options.prefix) &&
                std::none_of(copies.begin(), copies.end(), is_same_key))
                copies.push_back(std::move(copy));
            return attempt != Attempt::changed;
        };
        auto take = [&](index::Slot& slot, index::SlotWord word) {
            for (int n = 0; n < kTries; ++n) {
                if (try_to_take(slot, word)) return;
                word = slot.load(std::memory_order_acquire);
                if (format::is_empty(word) || format::is_link(word, core.geometry())) break;
            }
            changed = true;
        };
        index::for_each_slot(core.region, shard, &core.region.bucket(shard, bucket), take);
        for (const Found& hidden : hidden_words(core.region, shard, bucket)) changed |= !try_to_take(*hidden.slot, hidden.word);
        if (!changed && watch.is_same()) return;
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
