#include "tests/damage/image.hpp"

#include "engine/format/header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace larder::tests {
namespace {

constexpr int kLongKey = 7;

std::string make_value(int number, int version) {
    const auto n = static_cast<std::size_t>(number);
    std::size_t size = 10 + n * 7 % 900;
    if (number % 40 == 3) size = 3'000 + n * 150;
    Random random(mix(n) + static_cast<std::uint64_t>(version));
    std::string value = std::to_string(number) + "/" + std::to_string(version) + ":";
    while (value.size() < size) value += static_cast<char>(random.next());
    return value;
}

Options options_for(Filling filling) {
    Options options;
    options.capacity = 1U << 20U;
    options.reservation = filling == Filling::sparse ? 1U << 20U : 2U << 20U;
    options.segment_size = filling == Filling::sparse ? 64U << 10U : 32U << 10U;
    options.shards = filling == Filling::full ? 2 : 1;
    options.max_processes = 8;
    options.hash_seed = 0x0123456789abcdef;  // what was found is found again
    return options;
}

void require(const Status& status, const char* what) {
    if (!status.ok()) throw std::runtime_error(std::string(what) + ": " + status.message());
}

}  // namespace

std::string stored_key(int number) {
    std::string key = "key " + std::to_string(number);
    // One that is kept in fragments of its own.
    if (number == kLongKey) key.append(10'000, 'k');
    return key;
}

const std::string& stored_value(int number, int version) {
    static const std::vector<std::array<std::string, 2>> values = [] {
        std::vector<std::array<std::string, 2>> made;
        for (int i = 0; i < kStoredKeys; ++i) made.push_back({make_value(i, 0), make_value(i, 1)});
        return made;
    }();
    return values[static_cast<std::size_t>(number)][static_cast<std::size_t>(version)];
}

bool was_stored(std::string_view key, std::string_view value) {
    int number = -1;
    if (!key.starts_with("key ")) return false;
    std::from_chars(key.data() + 4, key.data() + key.size(), number);
    if (number < 0 || number >= kStoredKeys || key != stored_key(number)) return false;
    return value == stored_value(number, 0) || value == stored_value(number, 1);
}

Image::Image(std::string path, Filling filling) : path_(std::move(path)) {
    {
        Result<Cache> cache = Cache::create(path_, options_for(filling));
        require(cache.status(), "create");
        fill(*cache, filling);
        require(cache->close(), "close");
    }
    whole_ = Snapshot::take(path_);
    size_ = whole_.file_size();
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    void* base = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (descriptor_ < 0 || base == MAP_FAILED) throw std::runtime_error("cannot map " + path_);
    base_ = static_cast<std::byte*>(base);
    for (const auto& [number, bytes] : whole_.pages()) pages_.push_back(number * kSnapshotPage);
    // A private copy, since looking at a hole of a shared mapping may fill it.
    std::vector<std::byte> copy(size_);
    for (const auto& [number, bytes] : whole_.pages())
        std::memcpy(copy.data() + number * kSnapshotPage, bytes->data(), bytes->size());
    layout_.emplace(std::span<const std::byte>(copy));
}

Image::~Image() {
    if (base_ != nullptr) ::munmap(base_, size_);
    if (descriptor_ >= 0) ::close(descriptor_);
}

void Image::fill(Cache& cache, Filling filling) {
    const int keys = filling == Filling::sparse ? 40 : kStoredKeys;
    const int rounds = filling == Filling::full ? 3 : 2;
    for (int round = 0; round < rounds; ++round) {
        for (int number = 0; number < keys; number += 1 + round % 2) {
            WriteOptions options;
            if (number % 5 == 1) options = {Ttl::after(std::chrono::hours(1)), 7};
            require(cache.set(stored_key(number), stored_value(number, round % 2), options), "set");
            if (number % 9 == 4 && round == 0) require(cache.remove(stored_key(number)), "remove");
        }
    }
    if (filling != Filling::tangled) return;
    // Hits, versions, touched records, ghosts, a smaller index.
    std::string value;
    for (int number = 0; number < keys; number += 3) {
        (void)cache.get(stored_key(number), value);
        (void)cache.info(stored_key(number));
        (void)cache.touch(stored_key(number), Ttl::after(std::chrono::hours(2)));
    }
    require(cache.resize(2U << 20U), "resize");
    require(cache.resize(1U << 20U), "resize");
}

void Image::restore() {
    struct stat status {};
    if (::fstat(descriptor_, &status) == 0 && static_cast<std::size_t>(status.st_size) != size_)
        (void)!::ftruncate(descriptor_, static_cast<off_t>(size_));
    off_t begin = 0;
    while ((begin = ::lseek(descriptor_, begin, SEEK_DATA)) >= 0) {
        const off_t end = ::lseek(descriptor_, begin, SEEK_HOLE);
        restore_range(static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end));
        begin = end;
    }
    // Pages that were given back.
    for (const auto& [number, bytes] : whole_.pages()) {
        std::byte* const page = base_ + number * kSnapshotPage;
        if (std::memcmp(page, bytes->data(), bytes->size()) != 0) std::memcpy(page, bytes->data(), bytes->size());
    }
}

void Image::restore_range(std::uint64_t begin, std::uint64_t end) {
    std::uint64_t hole = begin;
    auto punch = [&](std::uint64_t until) {
        if (until == hole) return;
        (void)::fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(hole),
                          static_cast<off_t>(until - hole));
    };
    for (std::uint64_t at = begin; at < end; at += kSnapshotPage) {
        if (whole_.find(at / kSnapshotPage) == nullptr) continue;
        punch(at);
        hole = at + kSnapshotPage;
    }
    punch(end);
}

void Image::scribble_back() noexcept {
    for (const auto& [number, bytes] : whole_.pages()) std::memcpy(base_ + number * kSnapshotPage, bytes->data(), bytes->size());
}

void Image::restore_hash_seed() noexcept {
    constexpr std::size_t kAt = offsetof(format::FileHeader, hash_seed);
    std::memcpy(base_ + kAt, whole_.find(0)->data() + kAt, sizeof format::FileHeader::hash_seed);
}

void Image::mark_as_of_another_boot() {
    auto& header = *reinterpret_cast<format::FileHeader*>(base_);
    header.mark.store(0, std::memory_order_relaxed);
    for (auto& word : header.boot_id) word.store(0x5a5a5a5a5a5a5a5a, std::memory_order_relaxed);
}

}  // namespace larder::tests
