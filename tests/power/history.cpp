#include "tests/power/history.hpp"

#include "engine/format/hash.hpp"
#include "engine/index/lookup.hpp"
#include "engine/region/record_access.hpp"
#include "tests/support/identity.hpp"
#include "tests/support/sizes.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace larder::tests {
namespace {

constexpr std::int64_t kFarFuture = 4'102'444'800'000;

Cache created(const std::string& path, const Options& options) {
    auto cache = Cache::create(path, options);
    if (!cache.ok()) throw std::runtime_error(cache.status().message());
    return std::move(*cache);
}

void require_ok(const Status& status, const char* call) {
    if (!status.ok()) throw std::runtime_error(std::string(call) + ": " + status.message());
}

bool has_run_out(std::uint64_t key, std::uint64_t sequence) noexcept { return mix(key * 31 + sequence) % 16 == 0; }

// When a value expires: never, in many years, or before it was stored.
std::int64_t expiry_of(std::uint64_t key, std::uint64_t sequence) noexcept {
    if (has_run_out(key, sequence)) return 1;
    return key % 4 == 0 ? kFarFuture + static_cast<std::int64_t>(sequence) : 0;
}

std::uint32_t flags_of(std::uint64_t key, std::uint64_t sequence) noexcept {
    return key % 8 < 4 ? 0 : static_cast<std::uint32_t>(mix(sequence) + key);
}

}  // namespace

HistoryPlan::HistoryPlan(Random& random) {
    options.capacity = random.between(1, 3) * kMiB;
    options.reservation = 4 * kMiB;
    options.segment_size = 32U << 10U;
    options.shards = 1U << random.below(3);
    options.max_processes = 8;
    options.hash_seed = random.next();
    // Few keys: each is written again and again, and comes to stand where it has stood before.
    constexpr std::uint64_t kKeys[] = {3, 200, 1000, 4000};
    keys = kKeys[random.below(4)];
    usual_value = random.chance(30) ? 24 : 600;
    asks_for_info = random.chance(50);
}

std::string make_value(std::uint64_t key, std::uint64_t sequence, std::size_t size) {
    std::string value(size, '\0');
    const std::uint64_t words[2] = {key, sequence};
    std::memcpy(value.data(), words, sizeof words);
    Random random(mix(key) + sequence);
    for (std::size_t at = sizeof words; at < size; at += 8) {
        const std::uint64_t word = random.next();
        std::memcpy(value.data() + at, &word, std::min<std::size_t>(8, size - at));
    }
    return value;
}

History::History(const std::string& path, Random& random)
    : random_(random),
      plan_(random),
      path_(path),
      cache_(created(path, plan_.options)),
      region_(look_into(path)),
      sequences_(plan_.keys),
      flushed_(plan_.keys),
      flushing_(plan_.keys) {
    const std::uint64_t warm = random.below(3 * plan_.keys);
    for (std::uint64_t i = 0; i < warm; ++i) step();
}

std::size_t History::size_for(std::uint64_t key, std::uint64_t sequence) const {
    // Some keys have large values, all of one size: what an older and a newer one have in common is hardest to tell apart.
    if (key % 64 == 1) return 20'000 + key * 977 % 70'000;
    if (key % 16 == 2) return 2000 + key * 331 % 9000;
    Random random(mix(sequence) + key);
    return 16 + random.skewed(plan_.usual_value);
}

const std::string& History::value_for(std::uint64_t key, std::uint64_t sequence) const {
    std::string& value = values_[key << 40U | sequence];
    if (value.empty()) value = make_value(key, sequence, size_for(key, sequence));
    return value;
}

std::uint64_t History::pick_key() {
    if (random_.chance(10)) return std::min<std::uint64_t>(plan_.keys - 1, 1 + 64 * random_.below(3));
    return random_.chance(50) ? random_.skewed(plan_.keys - 1) : random_.below(plan_.keys);
}

void History::set(std::uint64_t key) {
    const std::uint64_t sequence = ++sequences_[key];
    WriteOptions options;
    options.flags = flags_of(key, sequence);
    if (const std::int64_t expiry = expiry_of(key, sequence); expiry != 0) options.ttl = Ttl::at(expiry);
    require_ok(cache_.set(name_of(key), make_value(key, sequence, size_for(key, sequence)), options), "set");
}

void History::remove(std::uint64_t key) {
    ++sequences_[key];
    const Status status = cache_.remove(name_of(key));
    if (status.code() != Code::not_found) require_ok(status, "remove");
}

void History::resize() {
    const std::uint64_t capacity = random_.between(kMiB, plan_.options.reservation);
    const std::string what = "resize to " + std::to_string(capacity);
    require_ok(cache_.resize(capacity), what.c_str());
}

void History::use_up_generations() {
    auto file = MappedFile::open(path_);
    if (!file.ok()) throw std::runtime_error(file.status().message());
    auto view = file->view(0, format::kHeaderBytes);
    if (!view.ok()) throw std::runtime_error(view.status().message());
    auto& header = *reinterpret_cast<format::FileHeader*>(view->data());
    constexpr std::uint64_t kUnflushed = std::uint64_t{1} << 23U;
    header.next_generation = header.flushed_generation + kUnflushed - 1;
}

void History::step() {
    const std::uint64_t dice = random_.below(1000);
    const std::uint64_t key = pick_key();
    if (dice < 550) return set(key);
    if (dice < 700) return remove(key);
    if (dice == 700) return resize();
    if (dice == 701) {
        const std::uint64_t first = random_.below(plan_.keys);
        for (std::uint64_t i = first; i < std::min(plan_.keys, first + 200); ++i) remove(i);
        return;
    }
    check_get(key);
}

void History::check_get(std::uint64_t key) {
    std::string value;
    RecordInfo info;
    const Status status = cache_.get(name_of(key), value, plan_.asks_for_info ? &info : nullptr);
    if (status.code() == Code::not_found) return;
    require_ok(status, "get");
    const std::string wrong = plan_.asks_for_info ? check_value(key, value, info) : std::string();
    if (wrong.empty() && value == value_for(key, sequences_[key])) return;
    throw std::runtime_error("get of key " + std::to_string(key) + " gave another value than the last one set; " + wrong);
}

History::Flushed History::find_slot(std::uint64_t key) const {
    Flushed found;
    found.sequence = sequences_[key];
    const std::string name = name_of(key);
    const std::uint64_t hash = region_.hash(name);
    const std::uint32_t shard = region_.geometry().shard_of(hash);
    const auto directory = format::unpack_directory(region_.shard(shard).directory.load());
    const bool in_index = index::scan_chain(
        region_, shard, &index::main_bucket(region_, shard, hash, directory.buckets), format::tag_from_hash(hash),
        [&](format::Slot& slot, format::SlotWord word) {
            region::RecordAt record;
            if (!region::read_record(region_, format::offset_of(word), record) || !region::has_key(region_, record, name))
                return false;
            found.slot_at = static_cast<std::uint64_t>(reinterpret_cast<std::byte*>(&slot) - region_.at(0));
            found.word = format::without_hits(word);
            return true;
        });
    found.present = found.stable = in_index && !has_run_out(key, found.sequence);
    return found;
}

void History::note_flush() {
    for (std::uint64_t key = 0; key < plan_.keys; ++key) flushing_[key] = find_slot(key);
}

void History::flush() {
    require_ok(cache_.flush(), "flush");
    flushed_ = flushing_;
    values_.clear();
}

void History::close() {
    is_closing_ = true;
    require_ok(cache_.close(), "close");
    flushed_ = flushing_;
    values_.clear();
}

void History::open_again() {
    auto cache = Cache::open(path_, plan_.options);
    if (!cache.ok()) throw std::runtime_error(cache.status().message());
    cache_ = std::move(*cache);
    is_closing_ = false;
}

void History::note_moves() {
    note_moves(flushed_);
    note_moves(flushing_);
}

void History::note_moves(std::vector<Flushed>& keys) const {
    for (Flushed& key : keys) {
        if (!key.stable) continue;
        const auto& slot = *reinterpret_cast<const format::Slot*>(region_.at(key.slot_at));
        key.stable = format::without_hits(slot.load()) == key.word;
    }
}

std::uint64_t History::count_stable() const {
    return static_cast<std::uint64_t>(std::count_if(flushed_.begin(), flushed_.end(), [](const Flushed& f) { return f.stable; }));
}

std::string History::check_value(std::uint64_t key, const std::string& value, const RecordInfo& info) const {
    const Flushed& flushed = flushed_.at(key);
    const std::string name = "key " + std::to_string(key) + ": ";
    std::uint64_t words[2] = {};
    if (value.size() < sizeof words) return name + "a value of " + std::to_string(value.size()) + " bytes, which was never set";
    std::memcpy(words, value.data(), sizeof words);
    if (words[0] != key || words[1] > sequences_[key]) return name + "a value that was never set";
    const std::string which = "value " + std::to_string(words[1]);
    if (value != value_for(key, words[1])) return name + which + " with bytes that are not its own";
    if (has_run_out(key, words[1])) return name + which + ", which had expired when it was set";
    if (info.expires_at_ms != expiry_of(key, words[1])) return name + which + " with another expiry";
    if (info.flags != flags_of(key, words[1])) return name + which + " with other flags";
    const bool old = words[1] < flushed.sequence || (words[1] == flushed.sequence && !flushed.present);
    if (old) return name + which + " came back, which was gone at the flush (then at " + std::to_string(flushed.sequence) + ")";
    return {};
}

std::string History::check_key(const Cache& cache, std::uint64_t key) const {
    std::string value;
    RecordInfo info;
    const Status status = cache.get(name_of(key), value, &info);
    if (status.code() != Code::ok && status.code() != Code::not_found)
        return "key " + std::to_string(key) + ": " + status.message();
    if (status.ok()) return check_value(key, value, info);
    if (flushed_[key].stable) return "key " + std::to_string(key) + " is absent, though nothing has changed since the flush";
    return {};
}

std::string History::check_scan(const Cache& cache) const {
    std::string wrong;
    auto cursor = cache.for_each({}, [&](const RecordView& record) {
        const std::string name(record.key);
        const std::uint64_t key = name.rfind("key ", 0) == 0 ? std::stoull(name.substr(4)) : plan_.keys;
        wrong = key < plan_.keys ? check_value(key, std::string(record.value), record.info) : "a key that was never set";
        return wrong.empty();
    });
    if (!cursor.ok()) return "for_each: " + cursor.status().message();
    return wrong;
}

std::string History::check(const Cache& cache, bool scan) const {
    auto verification = cache.verify();
    if (!verification.ok()) return "verify: " + verification.status().message();
    if (!verification->problems.empty()) return "verify: " + verification->problems.front();
    for (std::uint64_t key = 0; key < plan_.keys; ++key) {
        if (std::string wrong = check_key(cache, key); !wrong.empty()) return wrong;
    }
    return scan ? check_scan(cache) : std::string();
}

}  // namespace larder::tests
