#include "compare/stores/limit_store.hpp"

#include <bit>

namespace larder::bench {

namespace {

std::uint64_t slot_count(std::uint32_t records) { return std::bit_ceil(std::uint64_t{records} + records / 4); }

std::uint64_t file_size(const Place& place) {
    const std::uint64_t record = (sizeof(LimitFile::Record) + kKeySize + place.value_size + 7) & ~std::uint64_t{7};
    return LimitFile::kHeader + slot_count(place.records) * sizeof(std::uint64_t) + place.records * record;
}

Mapping open_mapping(const Place& place, Opening opening, Pages pages) {
    return opening == Opening::create ? Mapping::create(place.path, file_size(place), pages) : Mapping::attach(place.path);
}

}  // namespace

LimitFile::LimitFile(const Place& place, Opening opening, Pages pages)
    : path_(place.path), mask_(slot_count(place.records) - 1), mapping_(open_mapping(place, opening, pages)) {
    if (opening == Opening::create) tail() = kHeader + (mask_ + 1) * sizeof(std::uint64_t);
}

}  // namespace larder::bench
