// The public Cache: checks arguments, finds the core, and hands over to the operations.
#include <larder/cache.hpp>

#include "engine/cache/attachment.hpp"
#include "engine/cache/batch.hpp"
#include "engine/cache/cache_impl.hpp"
#include "engine/cache/checker.hpp"
#include "engine/cache/mending.hpp"
#include "engine/cache/reader.hpp"
#include "engine/cache/resizing.hpp"
#include "engine/cache/scan.hpp"
#include "engine/cache/statistics.hpp"
#include "engine/cache/writer.hpp"

namespace larder {

using cache::Condition;
using cache::Core;
using cache::Footprint;
using cache::ValueSink;

namespace {

Result<Core*> core_of(CacheImpl* impl) {
    if (impl == nullptr) return Status(Code::closed);
    return impl->core();
}

Result<Core*> writable_core(CacheImpl* impl) {
    Result<Core*> core = core_of(impl);
    if (core.ok() && !(*core)->region.writable()) return Status(Code::read_only, (*core)->path + ": opened read-only");
    return core;
}

// A miss costs no message; what went wrong gets one.
Status to_status(Code code) {
    if (code == Code::corrupt) [[unlikely]]
        return {code, "the record's bytes do not have its checksum"};
    return code;
}

bool is_key(std::string_view key) noexcept { return key.size() - 1 < format::kMaxKeyBytes; }

Status read(CacheImpl* impl, std::string_view key, ValueSink sink, RecordInfo* info, Footprint footprint) {
    Core* core = impl != nullptr ? impl->present_core() : nullptr;
    if (core == nullptr) [[unlikely]] {
        const Result<Core*> found = core_of(impl);
        if (!found.ok()) return found.status();
        core = *found;
    }
    if (!is_key(key)) [[unlikely]]
        return cache::check_key(key);
    if (info != nullptr) core->note_version_seen();
    return to_status(cache::read_value(*core, key, core->hash(key), sink, info, footprint));
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
    auto core = cache::attach(std::move(*file), name, options);
    if (!core.ok()) return core.status();
    return Cache(std::make_unique<CacheImpl>(std::move(*core)));
}

Result<Cache> Cache::open(std::string_view path, const Options& options) {
    const std::string name(path);
    Result<MappedFile> file = MappedFile::open(name, {.access = options.read_only ? Access::read_only : Access::read_write});
    if (!file.ok()) return file.status();
    auto core = cache::attach(std::move(*file), name, options);
    if (!core.ok()) return core.status();
    return Cache(std::make_unique<CacheImpl>(std::move(*core)));
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

Status Cache::get(std::string_view key, std::string& value, RecordInfo* info) const {
    return read(impl_.get(), key, ValueSink(value), info, Footprint::marked);
}

Result<std::size_t> Cache::get(std::string_view key, std::span<std::byte> buffer, RecordInfo* info) const {
    RecordInfo own;
    const Result<Core*> core = core_of(impl_.get());
    if (!core.ok()) return core.status();
    if (Status status = cache::check_key(key); !status.ok()) return status;
    if (info != nullptr) (*core)->note_version_seen();
    RecordInfo& filled = info != nullptr ? *info : own;
    // An empty buffer still asks for the value: nothing but an empty one fits it.
    static std::byte nowhere;
    const ValueSink sink(buffer.data() != nullptr ? buffer : std::span<std::byte>(&nowhere, 0));
    const Code code = cache::read_value(**core, key, (*core)->hash(key), sink, &filled, Footprint::marked);
    if (code != Code::ok) return to_status(code);
    return static_cast<std::size_t>(filled.value_size);
}

Result<std::string> Cache::get(std::string_view key) const {
    std::string value;
    Status status = get(key, value);
    if (!status.ok()) return status;
    return value;
}

Status Cache::contains(std::string_view key) const { return read(impl_.get(), key, ValueSink(), nullptr, Footprint::counted); }

Result<RecordInfo> Cache::info(std::string_view key) const {
    RecordInfo info;
    Status status = read(impl_.get(), key, ValueSink(), &info, Footprint::none);
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
    return cache::read_many(**core, keys, answers, versions);
}

Result<Cursor> Cache::for_each(const ScanOptions& options, const std::function<bool(const RecordView&)>& visit) const {
    const Result<Core*> core = core_of(impl_.get());
    if (!core.ok()) return core.status();
    return cache::scan(**core, options, visit);
}

Status Cache::set(std::string_view key, std::string_view value, const WriteOptions& options, std::uint64_t* version) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::store(**core, {key, value, options}, version) : core.status();
}

Status Cache::add(std::string_view key, std::string_view value, const WriteOptions& options, std::uint64_t* version) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::store(**core, {key, value, options, Condition::if_absent}, version) : core.status();
}

Status Cache::replace(std::string_view key, std::string_view value, const WriteOptions& options, std::uint64_t* version) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::store(**core, {key, value, options, Condition::if_present}, version) : core.status();
}

Status Cache::compare_and_swap(std::string_view key, std::string_view value, std::uint64_t expected, const WriteOptions& options,
                               std::uint64_t* version) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::store(**core, {key, value, options, Condition::if_version, expected}, version) : core.status();
}

Status Cache::remove(std::string_view key) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::remove(**core, key) : core.status();
}

Status Cache::touch(std::string_view key, Ttl ttl) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::touch(**core, key, ttl, nullptr, nullptr) : core.status();
}

Status Cache::get_and_touch(std::string_view key, Ttl ttl, std::string& value, RecordInfo* info) {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    if (info != nullptr) (*core)->note_version_seen();
    return cache::touch(**core, key, ttl, &value, info);
}

Result<std::int64_t> Cache::increment(std::string_view key, std::int64_t delta, std::int64_t initial,
                                      const WriteOptions& options) {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    return cache::count_by(**core, key, {delta, initial, false}, options);
}

Result<std::int64_t> Cache::decrement(std::string_view key, std::int64_t delta, std::int64_t initial,
                                      const WriteOptions& options) {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    return cache::count_by(**core, key, {delta, initial, true}, options);
}

Status Cache::append(std::string_view key, std::string_view suffix) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::extend(**core, key, suffix, true) : core.status();
}

Status Cache::prepend(std::string_view key, std::string_view prefix) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::extend(**core, key, prefix, false) : core.status();
}

std::size_t Cache::set_many(std::span<const Write> writes, std::span<Status> statuses) {
    std::size_t stored = 0;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        statuses[i] = i < writes.size() && writes.size() == statuses.size()
                          ? set(writes[i].key, writes[i].value, writes[i].options)
                          : Status(Code::invalid_argument, "as many statuses as writes are needed");
        stored += statuses[i].ok();
    }
    return stored;
}

std::size_t Cache::remove_many(std::span<const std::string_view> keys, std::span<Status> statuses) {
    std::size_t removed = 0;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        statuses[i] = i < keys.size() && keys.size() == statuses.size()
                          ? remove(keys[i])
                          : Status(Code::invalid_argument, "as many statuses as keys are needed");
        removed += statuses[i].ok();
    }
    return removed;
}

Status Cache::clear() {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    Status result;
    for (std::uint32_t shard = 0; shard < (*core)->geometry().shard_count; ++shard) {
        Status status = cache::clear_shard(**core, shard);
        if (!status.ok()) result = std::move(status);
    }
    return result;
}

Status Cache::flush() {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::flush(**core) : core.status();
}

Status Cache::resize(std::uint64_t capacity) {
    const Result<Core*> core = writable_core(impl_.get());
    return core.ok() ? cache::resize(**core, capacity) : core.status();
}

Result<Stats> Cache::stats() const {
    const Result<Core*> core = core_of(impl_.get());
    if (!core.ok()) return core.status();
    return cache::collect_stats(**core);
}

Result<Verification> Cache::verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) const {
    const Result<Core*> core = core_of(impl_.get());
    if (!core.ok()) return core.status();
    return cache::verify(**core, progress);
}

Result<Repair> Cache::repair(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const Result<Core*> core = writable_core(impl_.get());
    if (!core.ok()) return core.status();
    return cache::mend(**core, progress);
}

std::uint64_t Cache::max_value_size() const noexcept {
    const Result<Core*> core = core_of(impl_.get());
    return core.ok() ? cache::max_value_bytes(**core) : 0;
}

std::string Cache::path() const {
    const Result<Core*> core = core_of(impl_.get());
    return core.ok() ? (*core)->path : std::string();
}

}  // namespace larder
