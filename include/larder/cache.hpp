// The cache: one file, shared by all processes that open it.
//
// Thread and process safety: every member function may be called from any number of threads and processes at once,
// except close(), the destructor and moves, which need the handle to themselves.
// Reads (get, contains, info, get_many, for_each, stats) never wait. They take no lock, but that stats() of a handle that may
// write takes those that are free.
// Writes take the lock of one shard and wait for it no longer than Options::timeout.
// After fork() the child's handle attaches anew at its first use.
// Keys are 1 to 65,535 bytes, any bytes. Values are 0 bytes to max_value_size(). A key beyond the range is
// Code::invalid_argument (empty) or Code::too_large; a value beyond it Code::too_large. Nothing is stored then.
// Writes through a read-only handle are Code::read_only; any call on a closed or moved-from handle is Code::closed.
//
// What others may do to the file meanwhile:
// - Write to it: any bytes may be in it, at any time. Calls then return errors and misses, or values that were stored; never
//   a crash, and no touch outside the mapping. (But one: bytes that claim space for parts of the file that have none, on a
//   disk that is full, make a write, on tmpfs a read as well, a SIGBUS.)
// - Delete it, or rename another over it: handles keep the file they opened, together with all handles on the same file. Who
//   opens the name after that gets another cache. The space is free when the last handle closes.
// - Make it shorter: see Options::survive_truncation. flush() and close() notice it in any case, say Code::lost, and set no
//   clean mark; opening such a file is Code::corrupt.
// - Fill the disk: the cache goes on within the space it has, and evicts. Space is allocated before it
//   is used; a resize() to a smaller capacity on a full disk is the exception that engine/INVARIANTS.md (INV-13) names.
#pragma once

#include <larder/options.hpp>
#include <larder/stats.hpp>
#include <larder/status.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace larder {

class CacheImpl;

/// What is known of a record besides its value.
struct RecordInfo {
    std::uint64_t version = 0;       ///< changes with each write of the key, is never used again, and survives moves and restarts
    std::int64_t expires_at_ms = 0;  ///< milliseconds since the Unix epoch; 0: never
    std::uint32_t flags = 0;         ///< the client's
    std::uint64_t value_size = 0;
};

/// One answer of get_many(). Keep the vector between calls, and its strings are reused.
struct Lookup {
    Status status;
    std::string value;
    RecordInfo info;
};

/// One record for set_many().
struct Write {
    std::string_view key;
    std::string_view value;
    WriteOptions options{};
};

/// A record as for_each() shows it; the views are valid during the call only.
struct RecordView {
    std::string_view key;
    std::string_view value;
    RecordInfo info;
};

/// Where for_each() stands. A default Cursor starts at the beginning. Valid across calls, handles and processes.
struct Cursor {
    std::uint64_t position = 0;
    bool done = false;
};

struct ScanOptions {
    /// Only keys that begin with these bytes.
    std::string_view prefix{};
    Cursor from{};
    /// Do not read values: RecordView::value is empty, info.value_size is right.
    bool keys_only = false;
};

/// What verify() found. Clean means problems is empty.
struct Verification {
    std::uint64_t records = 0;   ///< checked and good
    std::uint64_t bytes = 0;     ///< walked
    std::uint64_t segments = 0;  ///< walked
    std::vector<std::string> problems;
};

/// What repair() found and did.
struct Repair {
    std::uint64_t records = 0;     ///< whole, and kept
    std::uint64_t lost = 0;        ///< dropped, because what they led to was no whole record
    std::uint64_t superseded = 0;  ///< dropped, because a later record of the same key was there as well
    std::uint64_t recounted = 0;   ///< counts and segment states that were wrong, and are right now
};

class LARDER_API Cache {
  public:
    Cache() noexcept;  ///< a closed handle
    ~Cache();          ///< close(), its status ignored
    Cache(Cache&&) noexcept;
    Cache& operator=(Cache&&) noexcept;
    Cache(const Cache&) = delete;
    Cache& operator=(const Cache&) = delete;

    // ---- life of a handle ----

    /// Makes a new cache file and attaches to it. Code::exists if there is a file of that name; it is not touched.
    /// Nobody ever sees half a file. Cost: a few milliseconds, whatever the capacity.
    static Result<Cache> create(std::string_view path, const Options& options = {});
    /// Attaches to an existing cache file. Cost: below 2 ms whatever the size, unless the machine went down while the
    /// file was in use: then the whole file is read once (Options::recovery).
    /// Errors: no_such_file, permission, not_a_cache, wrong_version, corrupt, busy, unsupported, too_many, full, lost, io_error.
    static Result<Cache> open(std::string_view path, const Options& options = {});
    /// open(), and create() where there is no file. Racing creators: one wins, the others attach.
    static Result<Cache> open_or_create(std::string_view path, const Options& options = {});
    /// Detaches. The last handle to close flushes and sets the clean mark (Options::flush_on_close); an error is that of the
    /// flush, and the handle is closed all the same. Closing twice is ok.
    Status close();
    bool is_open() const noexcept;

    // ---- reading: no lock, no wait ----
    // Errors of all: not_found; corrupt where the record's bytes do not have their checksum; busy after a thousand looks or two
    // that each met a change to the same key, or records of its shard that moved. The memory that a value is copied to must not
    // hold the key.

    /// Copies the value into `value`, whose memory is reused. Unless ok, what `value` then holds means nothing. Cost: two cache
    /// misses and the copy; least where `value` has the value's length already, as after a get of another value of that length.
    Status get(std::string_view key, std::string& value, RecordInfo* info = nullptr) const {
        const Code code = info == nullptr ? get_quickly(key, value) : Code::busy;
        if (code == Code::ok || code == Code::not_found) [[likely]]
            return code;
        return get_any(key, value, info);
    }
    /// Copies the value into `buffer` and returns its length. size_mismatch if it does not fit (info->value_size says how much).
    Result<std::size_t> get(std::string_view key, std::span<std::byte> buffer, RecordInfo* info = nullptr) const;
    /// The value as a fresh string.
    Result<std::string> get(std::string_view key) const;
    /// ok or not_found. Does not count as a hit for eviction, but in the statistics.
    Status contains(std::string_view key) const;
    /// What is known of a record. Does not count as a hit, neither for eviction nor in the statistics.
    Result<RecordInfo> info(std::string_view key) const;
    /// Looks up many keys, overlapping their cache misses. answers.size() must be keys.size() (else nothing is read, and all
    /// answers say invalid_argument). Without `versions`, Lookup::info.version is 0;
    /// ask so where no version is ever used: records that are moved then need not carry theirs (8 bytes each). Returns the number
    /// of hits.
    std::size_t get_many(std::span<const std::string_view> keys, std::span<Lookup> answers, bool versions = true) const;
    /// Calls `visit` for each record until it returns false; returns where it stopped. Records that exist all the while are
    /// visited at least once, and more than once only if they move meanwhile (while resize() lowers the capacity, one that
    /// moves may be left out). No other user is stopped; `visit` may call any
    /// function of the cache. Not counted as hits.
    Result<Cursor> for_each(const ScanOptions& options, const std::function<bool(const RecordView&)>& visit) const;

    // ---- writing: one shard's lock, waits at most Options::timeout ----
    // Errors of all: busy when the lock could not be had in time; of those that store a value, also too_large, and full when
    // there is no space and nothing that may be evicted. After an error the key has its old value.

    /// Stores the value, replacing any other. `version`, where given, receives the new version.
    Status set(std::string_view key, std::string_view value, const WriteOptions& options = {}, std::uint64_t* version = nullptr) {
        if (version == nullptr && options.flags == 0 && !options.ttl.is_keep() && set_quickly(key, value, options)) [[likely]]
            return Code::ok;
        return set_any(key, value, options, version);
    }
    /// Stores only if the key is absent; else Code::exists.
    Status add(std::string_view key, std::string_view value, const WriteOptions& options = {}, std::uint64_t* version = nullptr);
    /// Stores only if the key is present; else Code::not_found.
    Status replace(std::string_view key, std::string_view value, const WriteOptions& options = {},
                   std::uint64_t* version = nullptr);
    /// Stores only if the key's version is `expected`; else version_mismatch or not_found.
    Status compare_and_swap(std::string_view key, std::string_view value, std::uint64_t expected,
                            const WriteOptions& options = {}, std::uint64_t* version = nullptr);
    /// Removes the key; not_found if it was absent.
    Status remove(std::string_view key);
    /// Gives the key another TTL; not_found if it is absent. The version stays. Cost: that of a set, since records do not change.
    Status touch(std::string_view key, Ttl ttl);
    /// touch() and get() in one step, with the lock that touch() takes.
    Status get_and_touch(std::string_view key, Ttl ttl, std::string& value, RecordInfo* info = nullptr);
    /// Adds `delta` to a value that is a decimal signed 64-bit integer, and returns the sum. An absent key is stored as
    /// `initial` with `options` (delta is not added). A present key keeps its flags and, with Ttl::never() or keep(), its expiry.
    /// not_a_number, and no change, if the value is no such integer or the sum overflows.
    Result<std::int64_t> increment(std::string_view key, std::int64_t delta = 1, std::int64_t initial = 0,
                                   const WriteOptions& options = {});
    Result<std::int64_t> decrement(std::string_view key, std::int64_t delta = 1, std::int64_t initial = 0,
                                   const WriteOptions& options = {});
    /// Adds bytes behind (before) the value; not_found if the key is absent. Expiry and flags stay. Cost: that of writing the
    /// whole value.
    Status append(std::string_view key, std::string_view suffix);
    Status prepend(std::string_view key, std::string_view prefix);
    /// Each as set(), one after the other, but with the cache misses of sixteen under way at once: in a large cache overwriting
    /// takes about two thirds of the time. statuses.size() must be writes.size() (else nothing is stored, and all statuses say
    /// invalid_argument). Returns how many were stored.
    std::size_t set_many(std::span<const Write> writes, std::span<Status> statuses);
    /// Each as remove(), as set_many() does it. Returns how many were removed.
    std::size_t remove_many(std::span<const std::string_view> keys, std::span<Status> statuses);
    /// Removes all records, shard by shard. A shard whose lock could not be had keeps its records, and the status says so.
    Status clear();

    // ---- the whole ----

    /// Writes all to disk; when it returns ok, all that was stored before the call survives a power cut, unless it is
    /// written, removed, moved or evicted again: moving means that others' writes, while the flush runs or after it, made the
    /// cache copy a record to another place. Others go on reading and writing meanwhile. Cost: that of fdatasync(), twice, and a
    /// look at what sets have left for later in each shard, whose lock is waited for as a write would (and done without, if in
    /// vain).
    Status flush();
    /// Sets the capacity, 1 MiB to the reservation, while others are attached; invalid_argument beyond. Raising it costs one
    /// store. Lowering it evicts, and gives the space back to the file system, at a cost in proportion to what goes; full if the
    /// fixed areas and the index alone take more.
    Status resize(std::uint64_t capacity);
    /// Counters and gauges. A snapshot of moving numbers; exact when nobody writes. Cost: microseconds to a millisecond.
    Result<Stats> stats() const;
    /// Checks every invariant of the file while others use it. Reads the whole file. On a read-only handle it takes no locks,
    /// and what others change meanwhile is looked at again before it is called a problem.
    Result<Verification> verify(const std::function<void(std::uint64_t done, std::uint64_t total)>& progress = {}) const;
    /// Mends a damaged file while others use it: drops the records that are not whole, and counts anew what can be counted.
    /// Whole records stay. The lock of one shard is held while that is read; busy when one cannot be had within
    /// Options::timeout (the shards before it are mended). Reads the whole file. Where the table of segments is damaged, opening
    /// the file with Recovery::always saves more; for that nobody else may have it open.
    Result<Repair> repair(const std::function<void(std::uint64_t done, std::uint64_t total)>& progress = {});
    /// The largest value, in bytes, that this cache takes: the smaller of capacity/8 and 1 GiB (less, if a segment size far
    /// below the default was chosen: the list of a value's parts must fit one segment).
    std::uint64_t max_value_size() const noexcept;
    /// The path it was opened by.
    std::string path() const;

    // ---- typed values ----

    /// Stores the bytes of a trivially copyable value.
    template <class T>
    requires std::is_trivially_copyable_v<T> Status set_value(std::string_view key, const T& value,
                                                              const WriteOptions& options = {}) {
        return set(key, std::string_view(reinterpret_cast<const char*>(&value), sizeof(T)), options);
    }
    template <class T>
    requires(std::is_trivially_copyable_v<T> && !std::is_convertible_v<const T&, std::string_view>) Status
        set(std::string_view key, const T& value, const WriteOptions& options = {}) {
        return set_value<T>(key, value, options);
    }
    /// Reads a value of type T; Code::size_mismatch if what is stored has another size.
    template <class T>
    requires(std::is_trivially_copyable_v<T>&& std::is_default_constructible_v<T>) Result<T> get(std::string_view key)
    const {
        T value{};
        auto length = get(key, std::as_writable_bytes(std::span<T, 1>(&value, 1)));
        if (!length.ok()) return length.status();
        if (*length != sizeof(T)) return Code::size_mismatch;
        return value;
    }

  private:
    /// ok and not_found are answers, and counted; anything else is none. In two functions, so that the common get returns in a
    /// register.
    Code get_quickly(std::string_view key, std::string& value) const;
    Status get_any(std::string_view key, std::string& value, RecordInfo* info) const;
    /// True: the value is stored. False: set_any() has to do it, or to say what is wrong.
    bool set_quickly(std::string_view key, std::string_view value, const WriteOptions& options);
    Status set_any(std::string_view key, std::string_view value, const WriteOptions& options, std::uint64_t* version);

    explicit Cache(std::unique_ptr<CacheImpl> impl) noexcept;
    std::unique_ptr<CacheImpl> impl_;
};

}  // namespace larder
