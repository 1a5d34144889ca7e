// The public Cache: checks arguments, finds the core, and hands over to the operations.
#include <larder/cache.hpp>

#include "engine/cache/attachment.hpp"
#include "engine/cache/cache_impl.hpp"
#include "engine/cache/checker.hpp"
#include "engine/cache/displaced.hpp"
#include "engine/cache/mending.hpp"
#include "engine/cache/quick_paths.hpp"
#include "engine/cache/quick_read.hpp"
#include "engine/cache/reader.hpp"
#include "engine/cache/resizing.hpp"
#include "engine/cache/scan.hpp"
#include "engine/cache/statistics.hpp"
#include "engine/cache/writer.hpp"
#include "engine/platform/reopen.hpp"

namespace larder {

using cache::BufferSink;
using cache::Condition;
using cache::Core;
using cache::Count;
using cache::NoSink;

namespace {

// A handle that has lost its file says so, whatever the call came to.
template <class Outcome>
Outcome or_lost(const Core& core, Outcome outcome) {
    if (core.loss_guard.has_lost()) [[unlikely]]
        return cache::lost_file(core);
    return outcome;
}

Result<Core*> core_of(CacheImpl* impl) {
    if (impl == nullptr) return Status(Code::closed);
    Result<Core*> core = impl->core();
    if (core.ok() && (*core)->loss_guard.has_lost()) return cache::lost_file(**core);
    return core;
}

Result<Core*> writable_core(CacheImpl* impl) {
    Result<Core*> core = core_of(impl);
    if (core.ok() && !(*core)->region.writable()) return Status(Code::read_only, (*core)->path + ": opened read-only");
    return core;
}

// What most writes find: a handle that may write, and has lost nothing. Otherwise nullptr, and writable_core() says why.
Core* writable_at_once(CacheImpl* impl) noexcept {
    Core* core = impl != nullptr ? impl->present_core() : nullptr;
    return core != nullptr && core->region.writable() && !core->loss_guard.has_lost() ? core : nullptr;
}

Status store(CacheImpl* impl, const cache::StoreRequest& request, std::uint64_t* version) {
    Core* core = writable_at_once(impl);
    if (core == nullptr) [[unlikely]] {
        const Result<Core*> found = writable_core(impl);
        if (!found.ok()) return found.status();
        core = *found;
    }
    Status status = cache::store(*core, request, version);
    if (core->loss_guard.has_lost()) [[unlikely]]
        return cache::lost_file(*core);
    return status;
}

enum class Footprint : std::uint8_t { none, counted, marked };

template <class Sink>
Status read(CacheImpl* impl, std::string_view key, Sink sink, RecordInfo* info, Footprint footprint) {
    const Result<Core*> core = core_of(impl);
    if (!core.ok()) return core.status();
    if (Status status = cache::check_key(key); !status.ok()) return status;
    if (info != nullptr) (*core)->note_version_seen();
    const Code code = cache::read_value(**core, key, (*core)->hash(key), sink, info, footprint == Footprint::marked);
    if (footprint != Footprint::none) (*core)->count(code == Code::ok ? Count::hits : Count::misses);
    return or_lost(**core, cache::to_status(code));
}

std::size_t refuse_all(std::span<Status> statuses, const char* why) {
    for (Status& status : statuses) status = {Code::invalid_argument, why};
    return 0;
}

// Each takes its shard's lock and waits for its own cache misses, unless those have been begun before. Returns how many
// succeeded.
template <class KeyOf, class WriteOne>
std::size_t write_each(CacheImpl* impl, std::span<Status> statuses, KeyOf key_of, WriteOne write_one) {
    const Result<Core*> core = core_of(impl);
    std::size_t succeeded = 0;
    std::array<std::string_view, cache::quick::kBatchGroup> keys;
    std::array<cache::quick::Prepared, cache::quick::kBatchGroup> prepared{};
    for (std::size_t begin = 0; begin < statuses.size(); begin += keys.size()) {
        const std::size_t end = std::min(begin + keys.size(), statuses.size());
        for (std::size_t i = begin; i < end; ++i) keys[i - begin] = key_of(i);
        if (core.ok()) cache::quick::prepare(**core, std::span(keys).first(end - begin), prepared);
        for (std::size_t i = begin; i < end; ++i) {
            statuses[i] = write_one(i);
            succeeded += statuses[i].ok();
        }
    }
    return succeeded;
}

}  // namespace

Cache::Cache() noexcept = default;
Cache::Cache(std::unique_ptr<CacheImpl> impl) noexcept : impl_(std::move(impl)) {}
Cache::Cache(Cache&&) noexcept = default;
Cache::~Cache() = default;
Cache& Cache::operator=(Cache&& other) noexcept = default;

Result<Cache> Cache::create(std::string_view path, const Options& options) {
    if (options.read_only) return Status(Code::invalid_argument, "read_only: a new cache must be created writable");
    const std::string name(path);
    Result<MappedFile> file = cache::create_file(name, options);
    if (!file.ok()) return file.status();
    auto impl = CacheImpl::attach(
        [&] {
            Result<MappedFile> again = platform::reopen(file->descriptor(), Access::read_write, name);
            return again.ok() ? std::move(again) : std::move(file);
        },
        name, options);
    if (!impl.ok()) return impl.status();
    return Cache(std::move(*impl));
}

Result<Cache> Cache::open(std::string_view path, const Options& options) {
    const std::string name(path);
    const FileOptions access{.access = options.read_only ? Access::read_only : Access::read_write};
    auto impl = CacheImpl::attach([&] { return MappedFile::open(name, access); }, name, options);
    if (!impl.ok()) return impl.status();
    return Cache(std::move(*impl));
}

Result<Cache> Cache::open_or_create(std::string_view path, const Options& options) {
    // Either may lose a race against a creator or a remover; not for ever.
    constexpr int kTries = 10;
    Result<Cache> cache = open(path, options);
    for (int i = 0; i < kTries && cache.code() == Code::no_such_file && !options.read_only; ++i) {
        cache = create(path, options);
        if (cache.code() == Code::exists) cache = open(path, options);
    }
    return cache;
}

Status Cache::close() {
    if (!impl_) return Code::ok;
    Status status = impl_->close();
    impl_.reset();
    return status;
}

bool Cache::is_open() const noexcept { return impl_ != nullptr; }

Code Cache::get_quickly(std::string_view key, std::string& value) const {
    const Core* core = impl_ != nullptr ? impl_->present_core() : nullptr;
    if (core == nullptr) [[unlikely]]
        return Code::closed;
    return core->quick.get(*core, key, value);
}

Status Cache::get_any(std::string_view key, std::string& value, RecordInfo* info) const {
    const Result<Core*> core = core_of(impl_.get());
    return core.ok() ? (*core)->quick.get_any(**core, key, value, info) : core.status();
}

Result<std::size_t> Cache::get(std::string_view key, std::span<std::byte> buffer, RecordInfo* info) const {
    const Core* core = impl_ != nullptr ? impl_->present_core() : nullptr;
    if (core != nullptr && info == nullptr && core->quick.get_exactly(*core, key, buffer)) return buffer.size();
    std::size_t length = 0;
    // An empty buffer still asks for the value: nothing but an empty one fits it.
    static std::byte nowhere;
    const BufferSink sink(buffer.data() != nullptr ? buffer : std::span<std::byte>(&nowhere, 0), length);
    Status status = read(impl_.get(), key, sink, info, Footprint::marked);
    if (!status.ok()) return status;
    return length;
}

Result<std::string> Cache::get(std::string_view key) const {
    std::string value;
    Status status = get(key, value);
    if (!status.ok()) return status;
    return value;
}

Status Cache::contains(std::string_view key) const { return read(impl_.get(), key, NoSink(), nullptr, Footprint::counted); }

Result<RecordInfo> Cache::info(std::string_view key) const {
    RecordInfo info;
    Status status = read(impl_.get(), key, NoSink(), &info, Footprint::none);
    if (!status.ok()) return status;
    return info;
}

std::size_t Cache::get_many(std::span<const std::string_view> keys, std::span<Lookup> answers, bool versions) const {
    const Result<Core*> core = core_of(impl_.get());
    if (!core.ok() || keys.size() != answers.size()) {
        for (Lookup& answer : answers)
            answer.status = core.ok() ? Status(Code::invalid_argument, "as many answers as keys are needed") : core.status();
        return 0;
    }
    if (versions) (*core)->note_version_seen();
    const std::size_t hits = (*core)->quick.get_many(**core, keys, answers, versions);
    if (!(*core)->loss_guard.has_lost()) return hits;
    for (Lookup& answer : answers) answer.status = cache::lost_file(**core);
    return 0;
}

Result<Cursor> Cache::for_each(const ScanOptions& options, const std::function<bool(const RecordView&)>& visit) const {
    const Result<Core*> core = core_of(impl_.get());
    if (!core.ok()) return core.status();
    return or_lost(**core, cache::scan(**core, options, visit));
}

namespace {

// Apart, so that a set without a TTL needs no clock, and saves no registers for it.
[[gnu::noinline]] bool set_expiring(Core& core, std::string_view key, std::string_view value, Ttl ttl) {
    return core.quick.set(core, key, value, cache::expiry_of(ttl));
}

}  // namespace

bool Cache::set_quickly(std::string_view key, std::string_view value, const WriteOptions& options) {
    Core* const core = impl_ != nullptr ? impl_->present_core() : nullptr;
    if (core == nullptr || !core->region.writable()) [[unlikely]]
        return false;
    if (!options.ttl.is_never()) [[unlikely]]
        return set_expiring(*core, key, value, options.ttl);
    return core->quick.set(*core, key, value, 0);
}

Status Cache::set_any(std::string_view key, std::string_view value, const WriteOptions& options, std::uint64_t* version) {
    return store(impl_.get(), {key, value, options}, version);
}

Status Cache::add(std::string_view key, std::string_view value, const WriteOptions& options, std::uint64_t* version) {
    return store(impl_.get(), {key, value, options, Condition::if_absent}, version);
}

Status Cache::replace(std::string_view key, std::string_view value, const WriteOptions& options, std::uint64_t* version) {
    return store(impl_.get(), {key, value, options, Condition::if_present}, version);
}

Status Cache::compare_and_swap(std::string_view key, std::string_view value, std::uint64_t expected, const WriteOptions& options,
                               std::uint64_t* version) {
    return store(impl_.get(), {key, value, options, Condition::if_version, expected}, version);
}

Status Cache::remove(std::string_view key) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? or_lost(**core, cache::remove(**core, key)) : core.status();
}

Status Cache::touch(std::string_view key, Ttl ttl) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? or_lost(**core, cache::touch(**core, key, ttl, nullptr, nullptr)) : core.status();
}

Status Cache::get_and_touch(std::string_view key, Ttl ttl, std::string& value, RecordInfo* info) {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    if (info != nullptr) (*core)->note_version_seen();
    return or_lost(**core, cache::touch(**core, key, ttl, &value, info));
}

Result<std::int64_t> Cache::increment(std::string_view key, std::int64_t delta, std::int64_t initial,
                                      const WriteOptions& options) {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    return or_lost(**core, cache::count_by(**core, key, {delta, initial, false}, options));
}

Result<std::int64_t> Cache::decrement(std::string_view key, std::int64_t delta, std::int64_t initial,
                                      const WriteOptions& options) {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    return or_lost(**core, cache::count_by(**core, key, {delta, initial, true}, options));
}

Status Cache::append(std::string_view key, std::string_view suffix) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? or_lost(**core, cache::extend(**core, key, suffix, true)) : core.status();
}

Status Cache::prepend(std::string_view key, std::string_view prefix) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? or_lost(**core, cache::extend(**core, key, prefix, false)) : core.status();
}

std::size_t Cache::set_many(std::span<const Write> writes, std::span<Status> statuses) {
    if (writes.size() != statuses.size()) return refuse_all(statuses, "as many statuses as writes are needed");
    return write_each(
        impl_.get(), statuses, [writes](std::size_t i) { return writes[i].key; },
        [this, writes](std::size_t i) { return set(writes[i].key, writes[i].value, writes[i].options); });
}

std::size_t Cache::remove_many(std::span<const std::string_view> keys, std::span<Status> statuses) {
    if (keys.size() != statuses.size()) return refuse_all(statuses, "as many statuses as keys are needed");
    return write_each(
        impl_.get(), statuses, [keys](std::size_t i) { return keys[i]; },
        [this, keys](std::size_t i) { return remove(keys[i]); });
}

Status Cache::clear() {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    Status result;
    for (std::uint32_t shard = 0; shard < (*core)->geometry().shard_count; ++shard) {
        Status status = cache::clear_shard(**core, shard);
        if (!status.ok()) result = std::move(status);
    }
    return or_lost(**core, std::move(result));
}

Status Cache::flush() {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? or_lost(**core, cache::flush(**core)) : core.status();
}

Status Cache::resize(std::uint64_t capacity) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? or_lost(**core, cache::resize(**core, capacity)) : core.status();
}

Result<Stats> Cache::stats() const {
    const Result<Core*> core = core_of(impl_.get());
    if (!core.ok()) return core.status();
    // So that what sets have left for later is not counted as live.
    if ((*core)->region.writable()) cache::settle_all_displaced(**core, cache::Patience::none);
    return or_lost<Result<Stats>>(**core, cache::collect_stats(**core));
}

Result<Verification> Cache::verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) const {
    const Result<Core*> core = core_of(impl_.get());
    if (!core.ok()) return core.status();
    return or_lost(**core, cache::verify(**core, progress));
}

Result<Repair> Cache::repair(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    return or_lost(**core, cache::mend(**core, progress));
}

std::uint64_t Cache::max_value_size() const noexcept {
    const Result<Core*> core = core_of(impl_.get());
    return core.ok() ? cache::max_value_bytes(**core) : 0;
}

std::string Cache::path() const {
    const Result<Core*> core = impl_ ? impl_->core() : Result<Core*>(Code::closed);
    return core.ok() ? (*core)->path : std::string();
}

}  // namespace larder
