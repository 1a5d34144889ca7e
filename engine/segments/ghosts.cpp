#include "engine/segments/ghosts.hpp"

#include "engine/format/isa.hpp"
#include "engine/format/shared_word.hpp"
#include "engine/platform/shared_bytes.hpp"

#include <algorithm>
#include <array>

namespace larder::segments {

using region::LockedShard;

namespace {

constexpr unsigned kPerLine = 31;
constexpr std::uint32_t kBucketsPerLine = 8;

struct alignas(64) GhostLine {
    format::SharedU16 cursor;
    std::array<format::SharedU16, kPerLine> fingerprints;  // 0: empty
};
static_assert(sizeof(GhostLine) == format::kGhostBytesPerBucket * kBucketsPerLine);

// The line must lie below what is committed, whatever the directory says.
GhostLine& line_of(LockedShard& shard, std::uint64_t hash) noexcept {
    const auto directory = format::unpack_directory(shard.header.directory.load(std::memory_order_relaxed));
    const std::uint64_t committed =
        std::max<std::uint64_t>(shard.header.main_buckets_committed.load(std::memory_order_relaxed), 1);
    const std::uint64_t most = std::min(committed, shard.geometry().buckets_per_shard);
    const std::uint32_t buckets = std::clamp<std::uint32_t>(directory.buckets, 1, static_cast<std::uint32_t>(most));
    const std::uint64_t line = format::bucket_of(hash, buckets) / kBucketsPerLine;
    return *reinterpret_cast<GhostLine*>(
        shard.region.at(shard.geometry().shard_ghosts_begin(shard.id) + line * sizeof(GhostLine)));
}

constexpr std::uint16_t kFromMain = 0x8000;
constexpr unsigned kRecent = 8;

// 15 bits of the hash, never zero; the 16th says where the record was dropped.
constexpr std::uint16_t fingerprint_of(std::uint64_t hash) noexcept {
    const auto bits = static_cast<std::uint16_t>((hash >> 30) & 0x7fff);
    return bits == 0 ? std::uint16_t{1} : bits;
}

// A set bit for each fingerprint of the line that is this one, wherever it went from.
std::uint32_t match_fingerprints(const GhostLine& line, std::uint16_t fingerprint) noexcept {
#if defined(__SSE2__) && !defined(LARDER_TSAN)
    const auto* words = reinterpret_cast<const __m128i*>(&line);
    const __m128i wanted = _mm_set1_epi16(static_cast<short>(fingerprint));
    const __m128i bits = _mm_set1_epi16(0x7fff);
    const auto equal_in = [&](int i) { return _mm_cmpeq_epi16(_mm_and_si128(_mm_load_si128(words + i), bits), wanted); };
    const auto pair = [&](int i) {
        return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(equal_in(i), equal_in(i + 1))));
    };
    // The first of the 32 words is the cursor.
    return (pair(0) | pair(2) << 16) >> 1;
#else
    std::uint32_t found = 0;
    for (unsigned i = 0; i < kPerLine; ++i)
        found |= static_cast<std::uint32_t>((line.fingerprints[i] & 0x7fff) == fingerprint) << i;
    return found;
#endif
}

}  // namespace

void remember_ghost(LockedShard& shard, std::uint64_t hash, Queue from) noexcept {
    GhostLine& line = line_of(shard, hash);
    const unsigned cursor = line.cursor % kPerLine;
    line.fingerprints[cursor] = static_cast<std::uint16_t>(fingerprint_of(hash) | (from == Queue::main ? kFromMain : 0));
    line.cursor = static_cast<std::uint16_t>((cursor + 1) % kPerLine);
    if (shard.header.has_ghosts == 0) shard.header.has_ghosts = 1;
}

void prefetch_ghosts(LockedShard& shard, std::uint64_t hash) noexcept {
    if (shard.header.has_ghosts != 0) __builtin_prefetch(&line_of(shard, hash));
}

bool has_ghost(LockedShard& shard, std::uint64_t hash) noexcept {
    return match_fingerprints(line_of(shard, hash), fingerprint_of(hash)) != 0;
}

Ghost forget_ghost(LockedShard& shard, std::uint64_t hash) noexcept {
    if (shard.header.has_ghosts == 0) return {};
    GhostLine& line = line_of(shard, hash);
    const std::uint32_t found = match_fingerprints(line, fingerprint_of(hash));
    if (found == 0) return {};
    const auto i = static_cast<unsigned>(__builtin_ctz(found));
    const std::uint16_t fingerprint = line.fingerprints[i];
    const unsigned age = (line.cursor % kPerLine + 2 * kPerLine - 1 - i) % kPerLine;
    line.fingerprints[i] = 0;
    return {true, (fingerprint & kFromMain) != 0 ? Queue::main : Queue::small, age < kRecent};
}

}  // namespace larder::segments
