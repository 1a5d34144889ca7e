#include "engine/cache/batch.hpp"

#include "engine/cache/reader.hpp"
#include "engine/cache/writer.hpp"

#include <algorithm>
#include <array>

namespace larder::cache {
namespace {

// As many misses as a core keeps in flight.
constexpr std::size_t kGroup = 16;

struct Prepared {
    std::uint64_t hash;
    const index::Bucket* bucket;
};

void prefetch_bucket(const Core& core, std::string_view key, Prepared& prepared) noexcept {
    prepared.hash = core.hash(key);
    const std::uint32_t shard = core.geometry().shard_of(prepared.hash);
    const auto directory = format::unpack_directory(core.region.shard(shard).directory.load(std::memory_order_relaxed));
    prepared.bucket = &index::main_bucket(core.region, shard, prepared.hash, directory.buckets);
    __builtin_prefetch(prepared.bucket);
}

// A guess at the record: the first slot with the tag. A wrong guess costs a prefetch, nothing else.
void prefetch_record(const Core& core, const Prepared& prepared) noexcept {
    const unsigned mask = index::match_tags(*prepared.bucket, format::tag_from_hash(prepared.hash));
    if (mask == 0) return;
    const auto word = prepared.bucket->slots[static_cast<unsigned>(__builtin_ctz(mask))].load(std::memory_order_relaxed);
    const std::uint64_t offset = format::offset_of(word);
    if (!core.geometry().holds_records(offset)) return;
    __builtin_prefetch(core.region.at(offset));
    __builtin_prefetch(core.region.at(offset) + 64);
}

}  // namespace

std::size_t read_many(const Core& core, std::span<const std::string_view> keys, std::span<Lookup> answers, bool versions) {
    std::size_t hits = 0;
    std::array<Prepared, kGroup> prepared{};
    for (std::size_t begin = 0; begin < keys.size(); begin += kGroup) {
        const std::size_t count = std::min(kGroup, keys.size() - begin);
        for (std::size_t i = 0; i < count; ++i) prefetch_bucket(core, keys[begin + i], prepared[i]);
        for (std::size_t i = 0; i < count; ++i) prefetch_record(core, prepared[i]);
        for (std::size_t i = 0; i < count; ++i) {
            const std::string_view key = keys[begin + i];
            Lookup& answer = answers[begin + i];
            if (key.empty() || key.size() > format::kMaxKeyBytes) {
                answer.status = check_key(key);
                continue;
            }
            const Code code = read_value(core, key, prepared[i].hash, ValueSink(answer.value), &answer.info, Footprint::marked);
            answer.status = code;
            if (!versions) answer.info.version = 0;
            hits += code == Code::ok;
        }
    }
    return hits;
}

}  // namespace larder::cache
