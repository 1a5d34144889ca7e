#include "tests/damage/mutation.hpp"

#include "engine/format/hash.hpp"
#include "engine/format/header.hpp"
#include "engine/format/process_entry.hpp"
#include "engine/format/record.hpp"
#include "engine/format/segment_entry.hpp"
#include "engine/format/shard.hpp"
#include "engine/format/slot.hpp"

#include <algorithm>
#include <array>

namespace larder::tests {

using format::FileHeader;

Layout::Layout(std::span<const std::byte> file) {
    auto take = [file](auto& value, std::size_t offset) { std::memcpy(&value, file.data() + offset, sizeof value); };
    take(geometry.reservation, offsetof(FileHeader, reservation));
    take(geometry.buckets_per_shard, offsetof(FileHeader, buckets_per_shard));
    take(geometry.shard_count, offsetof(FileHeader, shard_count));
    take(geometry.segment_size, offsetof(FileHeader, segment_size));
    take(geometry.segment_count, offsetof(FileHeader, segment_count));
    take(geometry.max_processes, offsetof(FileHeader, max_processes));
    take(segments_known, offsetof(FileHeader, segments_known));
    format::place_areas(geometry);
    for (std::uint64_t at = geometry.index_begin; at < geometry.ghosts_begin; at += 8) {
        std::uint64_t word = 0;
        take(word, at);
        if (format::is_empty(word)) continue;
        slots.push_back(at);
        if (geometry.holds_records(format::offset_of(word))) records.push_back(format::offset_of(word));
    }
}

std::uint64_t Mutation::some_offset() {
    const format::Geometry& g = geometry_;
    switch (random_.below(6)) {
        case 0:
            return g.segments_begin + random_.below(g.file_size - g.segments_begin);
        case 1:
            return g.segment_at(static_cast<std::uint32_t>(random_.below(g.segment_count + 1ULL))) - random_.below(3) * 8;
        case 2:
            return g.index_begin + random_.below((g.ghosts_begin - g.index_begin) / 64) * 64;
        case 3:
            return g.file_size - random_.below(64);
        case 4:
            return some_record_at() + random_.below(8) * 8;
        default:
            return random_.next() >> random_.below(64);
    }
}

std::uint64_t Mutation::interesting(std::uint64_t present) {
    switch (random_.below(8)) {
        case 0:
            return present ^ (std::uint64_t{1} << random_.below(64));
        case 1:
            return present + random_.between(1, 16);
        case 2:
            return present - random_.between(1, 16);
        case 3:
            return 0;
        case 4:
            return ~std::uint64_t{0};
        case 5:
            return std::uint64_t{1} << random_.below(64);
        case 6:
            return random_.below(geometry_.segment_count + 2ULL);
        default:
            return some_offset();
    }
}

std::uint64_t Mutation::some_slot_at() {
    if (layout_.slots.empty() || random_.chance(10)) return geometry_.index_begin + random_.below(1000) * 8;
    return layout_.slots[random_.below(layout_.slots.size())];
}

std::uint64_t Mutation::some_record_at() {
    if (layout_.records.empty()) return geometry_.segments_begin;
    return layout_.records[random_.below(layout_.records.size())];
}

// Mostly one that is in use.
std::uint32_t Mutation::some_segment() {
    return static_cast<std::uint32_t>(random_.below(random_.chance(90) ? layout_.segments_known : geometry_.segment_count));
}

// A forged identity with the right checksum, as an attacker or a wrong program would write it.
void Mutation::change_identity() {
    constexpr std::uint64_t kWords = (format::kIdentityBytes - 8) / 4;
    const std::uint64_t at = random_.below(kWords) * 4;
    write(at, static_cast<std::uint32_t>(interesting(read<std::uint32_t>(at))), "identity");
    // Who forges the seed of the hash, seals it and changes a key to suit, makes a valid record of another key. That is no
    // damage.
    const bool is_seed = at / 8 == offsetof(FileHeader, hash_seed) / 8;
    if (is_seed || random_.chance(20)) return;
    write(format::kIdentityBytes - 8, format::hash_bytes(file_.data(), format::kIdentityBytes - 8), "identity checksum");
}

void Mutation::change_header_word() {
    const std::uint64_t at = 128 + random_.below((sizeof(FileHeader) - 128) / 4) * 4;
    if (random_.chance(50))
        write(at, static_cast<std::uint32_t>(interesting(read<std::uint32_t>(at))), "header");
    else
        write(at & ~std::uint64_t{7}, interesting(read<std::uint64_t>(at & ~std::uint64_t{7})), "header");
}

void Mutation::change_shard() {
    const std::uint64_t shard = geometry_.shard_at(static_cast<std::uint32_t>(random_.below(geometry_.shard_count)));
    const std::uint64_t at = shard + random_.below(96) * 4;
    if (at % 8 != 0 || random_.chance(50))
        write(at, static_cast<std::uint32_t>(interesting(read<std::uint32_t>(at))), "shard");
    else
        write(at, interesting(read<std::uint64_t>(at)), "shard");
}

// Two words that lead to records, as a set would leave them.
void Mutation::displace() {
    const std::uint64_t shard = geometry_.shard_at(static_cast<std::uint32_t>(random_.below(geometry_.shard_count)));
    const std::uint64_t number = random_.below(format::kDisplacedWordsPerShard);
    const std::uint64_t at = shard + offsetof(format::ShardHeader, displaced) + number * sizeof(format::Displaced);
    write(at, read<std::uint64_t>(some_slot_at()), "displaced");
    write(at + sizeof(std::uint64_t), read<std::uint64_t>(some_slot_at()), "displaced by");
    write(shard + offsetof(format::ShardHeader, displaced_count), static_cast<std::uint32_t>(number + 1), "displaced count");
}

void Mutation::change_slot() {
    const std::uint64_t at = some_slot_at();
    const std::uint64_t word = read<std::uint64_t>(at);
    std::uint64_t changed = interesting(word);
    // The tag stays more often than not, so that somebody looks behind the word.
    if (random_.chance(60))
        changed = (word & ~format::kOffsetMask) | (some_offset() >> 3 << format::kOffsetShift & format::kOffsetMask);
    write(at, changed, "slot");
}

void Mutation::swap_slots() {
    const std::uint64_t a = some_slot_at();
    const std::uint64_t b = random_.chance(50) ? (a & ~std::uint64_t{63}) + random_.below(8) * 8 : some_slot_at();
    const auto word = read<std::uint64_t>(a);
    if (random_.chance(50)) write(a, read<std::uint64_t>(b), "swapped slot");
    write(b, word, "swapped slot");
}

void Mutation::change_link() {
    const std::uint64_t bucket = some_slot_at() & ~std::uint64_t{63};
    const std::uint64_t to = random_.chance(30) ? bucket : (some_slot_at() & ~std::uint64_t{63});
    write(bucket + 56, format::make_link(to), "link");
}

void Mutation::change_generation() {
    const std::uint64_t at = geometry_.generation_at(some_segment());
    write(at, interesting(read<std::uint64_t>(at)), "generation");
}

void Mutation::change_segment_entry() {
    const std::uint64_t at = geometry_.segment_entry_at(some_segment()) + random_.below(10) * 4;
    std::uint64_t value = interesting(read<std::uint32_t>(at));
    if (random_.chance(30)) value = read<std::uint32_t>(geometry_.segment_entry_at(some_segment()) + at % 64);
    write(at, static_cast<std::uint32_t>(value), "segment entry");
}

void Mutation::change_record_header() {
    const std::uint64_t at = some_record_at() + random_.below(24);
    if (random_.chance(50))
        write(at, static_cast<std::uint8_t>(interesting(read<std::uint8_t>(at))), "record byte");
    else
        write(at & ~std::uint64_t{3}, static_cast<std::uint32_t>(interesting(read<std::uint32_t>(at & ~std::uint64_t{3}))),
              "record word");
}

// The fragment table of a record that has one: among some records, one is likely to.
void Mutation::change_fragment() {
    for (int i = 0; i < 50; ++i) {
        const std::uint64_t at = some_record_at();
        std::array<std::byte, format::kMaxFieldBytes> head{};
        if (at > file_.size() - head.size()) continue;
        std::memcpy(head.data(), file_.data() + at, head.size());
        format::RecordMeta meta;
        if (!format::decode_meta(head.data(), meta) || !meta.is(format::kFragmented)) continue;
        const std::uint64_t table = at + meta.header_bytes() + meta.inline_key_bytes();
        const std::uint64_t word = table + random_.below(std::uint64_t{meta.fragments} * 4) * 4;
        return write(word,
                     static_cast<std::uint32_t>(random_.chance(50) ? some_record_at() : interesting(read<std::uint32_t>(word))),
                     "fragment");
    }
}

void Mutation::change_process() {
    const std::uint64_t at = geometry_.processes_begin + random_.below(2 * format::kProcessBytes / 4) * 4;
    write(at, static_cast<std::uint32_t>(interesting(read<std::uint32_t>(at))), "process");
}

void Mutation::change_bytes() {
    const std::uint64_t at = random_.chance(70) ? some_record_at() + random_.below(200) : random_.below(file_.size());
    write(at, static_cast<std::uint8_t>(random_.next()), "byte");
}

void Mutation::move_stretch() {
    const std::uint64_t length = 1 + random_.skewed(8192);
    const std::uint64_t from = random_.chance(50) ? some_record_at() : random_.below(file_.size());
    const std::uint64_t to = random_.chance(50) ? some_record_at() : random_.below(file_.size());
    if (from + length > file_.size() || to + length > file_.size()) return;
    std::memmove(file_.data() + to, file_.data() + from, length);
    changes_.push_back(std::to_string(length) + " bytes from " + std::to_string(from) + " to " + std::to_string(to));
}

void Mutation::change() {
    if (random_.chance(7)) return change_identity();
    change_shared();
}

void Mutation::change_shared() {
    using Change = void (Mutation::*)();
    static constexpr Change kChanges[] = {
        &Mutation::change_header_word,   &Mutation::change_shard,         &Mutation::displace,
        &Mutation::change_slot,          &Mutation::change_slot,          &Mutation::swap_slots,
        &Mutation::change_link,          &Mutation::change_generation,    &Mutation::change_segment_entry,
        &Mutation::change_segment_entry, &Mutation::change_record_header, &Mutation::change_record_header,
        &Mutation::change_fragment,      &Mutation::change_process,       &Mutation::change_bytes,
        &Mutation::move_stretch};
    (this->*kChanges[random_.below(std::size(kChanges))])();
}

}  // namespace larder::tests
