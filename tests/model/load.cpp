#include "tests/model/load.hpp"

#include "engine/format/header.hpp"
#include "tests/support/check.hpp"

#include <xxhash.h>
#include <cstring>

namespace larder::tests {

Load::Load(const Options& options, Sizes sizes)
    : cache_(opened(Cache::create(directory_.file("c"), options))), sizes_(sizes), value_(sizes.most, 'v') {
    const std::string file = read_file(directory_.file("c")).substr(0, sizeof(format::FileHeader));
    std::memcpy(&hash_seed_, file.data() + offsetof(format::FileHeader, hash_seed), sizeof hash_seed_);
    std::memcpy(&shards_, file.data() + offsetof(format::FileHeader, shard_count), sizeof shards_);
}

std::string Load::name_of(std::uint64_t key) {
    std::string name = std::to_string(key);
    return std::string(16 - name.size(), '0') + name;
}

std::uint64_t Load::size_of(std::uint64_t key) const { return sizes_.least + mix(key) % (sizes_.most - sizes_.least + 1); }

// Header, key and padding.
std::uint64_t Load::mean_bytes() const { return 8 + 16 + 4 + (sizes_.least + sizes_.most) / 2; }

void Load::set(std::uint64_t key, Ttl ttl) {
    WriteOptions options;
    options.ttl = ttl;
    const Status status = cache_.set(name_of(key), std::string_view(value_).substr(0, size_of(key)), options);
    if (!status.ok()) FAIL("key " << key << ": " << code_name(status.code()) << ": " << status.message());
}

bool Load::get(std::uint64_t key) {
    const auto value = cache_.get(name_of(key));
    return value.ok() && value->size() == size_of(key);
}

std::uint64_t Load::keys_for(std::uint64_t bytes) const { return bytes / mean_bytes(); }

std::uint64_t Load::room_for_records() {
    const Stats stats = stats_of(cache_);
    // A slot and its ghosts are 9 bytes, and three of four slots are used.
    return (stats.capacity - stats.fixed_bytes) * mean_bytes() / (mean_bytes() + 12);
}

std::uint64_t Load::missing(std::uint64_t begin, std::uint64_t end, std::uint64_t step) {
    std::uint64_t count = 0;
    for (std::uint64_t key = begin; key < end; key += step) count += get(key) ? 0U : 1U;
    return count;
}

std::vector<std::uint64_t> Load::present_by_shard(std::uint64_t keys) {
    std::vector<std::uint64_t> present(shards_, 0);
    for (std::uint64_t key = 0; key < keys; ++key) present[shard_of(key)] += cache_.contains(name_of(key)).ok() ? 1U : 0U;
    return present;
}

// The highest bits of the hash (engine/FORMAT.md, section 6).
std::uint32_t Load::shard_of(std::uint64_t key) const {
    const std::string name = name_of(key);
    const std::uint64_t hash = XXH3_64bits_withSeed(name.data(), name.size(), hash_seed_);
    return shards_ == 1 ? 0 : static_cast<std::uint32_t>(hash >> (64 - __builtin_ctz(shards_)));
}

}  // namespace larder::tests
