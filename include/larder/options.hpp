// What the caller may choose: at creation (kept in the file), at each open, and for each write.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace larder {

/// How long a record lives. Resolution one millisecond; the clock is the system's real-time clock.
class Ttl {
  public:
    constexpr Ttl() noexcept = default;
    /// The record never expires by time. The default.
    static constexpr Ttl never() noexcept { return Ttl(0); }
    /// Keep the expiry that the key has now; never() when the key does not exist.
    static constexpr Ttl keep() noexcept { return Ttl(-1); }
    /// Expires this long after the write. Zero and negative durations make a record that has expired already.
    static constexpr Ttl after(std::chrono::milliseconds duration) noexcept {
        return Ttl(duration.count() > 0 ? duration.count() : kExpired);
    }
    /// Expires at this time, in milliseconds since the Unix epoch (1 and above).
    static constexpr Ttl at(std::int64_t unix_milliseconds) noexcept {
        Ttl ttl(unix_milliseconds > 0 ? unix_milliseconds : 1);
        ttl.absolute_ = true;
        return ttl;
    }

    constexpr bool is_never() const noexcept { return value_ == 0; }
    constexpr bool is_keep() const noexcept { return value_ == -1; }
    constexpr bool is_absolute() const noexcept { return absolute_; }
    /// Milliseconds from the write or, when is_absolute(), since the Unix epoch. Meaningless for never() and keep();
    /// not positive for a record that has expired already.
    constexpr std::int64_t milliseconds() const noexcept { return value_; }

  private:
    static constexpr std::int64_t kExpired = -2;
    constexpr explicit Ttl(std::int64_t value) noexcept : value_(value) {}
    std::int64_t value_ = 0;
    bool absolute_ = false;
};

/// What may be said with each write.
struct WriteOptions {
    Ttl ttl = Ttl::never();
    /// 32 bits that the cache keeps for the client and does not look at. They cost no space when zero.
    std::uint32_t flags = 0;
};

/// What open() does with a file that was in use when the machine went down (another boot, no clean mark). Not asked of a
/// handle that only reads: it checks each record that it is asked for, and changes nothing.
enum class Recovery : std::uint8_t {
    automatic,  ///< recover, and go on with what is whole
    refuse,     ///< fail with Code::corrupt, and change nothing
    always,     ///< recover whatever the file says of itself; Code::busy if others are attached for writing
};

/// When a get compares a record's bytes with its checksum.
enum class ReadCheck : std::uint8_t {
    always,  ///< on each get; made while the value is copied. The default.
    never,   ///< trust the file; a record replaced in mid-copy is still noticed
};

/// How far recovery has come: bytes of the file walked and to walk. The last report, in which both are the same, says what
/// became of the records.
struct RecoveryProgress {
    std::uint64_t done_bytes = 0;
    std::uint64_t total_bytes = 0;
    std::uint64_t kept = 0;     ///< records that are whole; 0 before the last report
    std::uint64_t dropped = 0;  ///< slots emptied so far: they led to no whole record, or to one that a later one replaces
};

struct Options {
    // ---- chosen at creation, kept in the file; ignored when the file exists ----

    /// The most bytes of disk (or tmpfs memory) the file takes, all metadata included. 1 MiB to the reservation.
    std::uint64_t capacity = std::uint64_t{64} << 20;
    /// The most that resize() can ever raise the capacity to. Costs address space, not disk. 0: four times the capacity.
    /// At most 1 TiB.
    std::uint64_t reservation = 0;
    /// How many records to size the index for up front; 0: it grows by itself.
    std::uint64_t expected_records = 0;
    /// Lock stripes, a power of two up to 1024; 0: from the capacity.
    std::uint32_t shards = 0;
    /// Bytes a segment, a power of two from 32 KiB to 4 MiB; 0: from the capacity.
    std::uint32_t segment_size = 0;
    /// How many handles may be attached for writing at once, 8 to 4096.
    std::uint32_t max_processes = 1024;
    /// Permission bits of a new file. The umask does not apply.
    std::uint32_t file_mode = 0600;
    /// Seed of the hash of keys; unset: random. For tests and benchmarks, which repeat exactly with a fixed one. Who knows it
    /// can choose keys that all share one bucket.
    std::optional<std::uint64_t> hash_seed;

    // ---- chosen at each open ----

    /// Attach without write permission on the file. Nothing at all is written.
    bool read_only = false;
    /// Attach to a file system that has no coherent shared mappings (NFS, 9p, FUSE). It corrupts; you have been told.
    bool allow_network_file_system = false;
    Recovery recovery = Recovery::automatic;
    ReadCheck read_check = ReadCheck::always;
    /// How long a write waits for a shard's lock, and an open for another opener, before Code::busy. 1 ms to 1 h.
    std::chrono::milliseconds timeout{1000};
    /// Flush and set the clean mark when the last handle closes. Without it the kernel writes back when it pleases.
    bool flush_on_close = true;
    /// Ask the kernel for memory in pages of 2 MiB when space for records is added to a cache of 256 MiB and more in memory
    /// (tmpfs), whatever /sys/kernel/mm/transparent_hugepage/shmem_enabled says (but `deny`): lookups then wait less for the
    /// translation of addresses, in all processes. Needs Linux 6.1; elsewhere nothing happens. The set that adds the space waits
    /// for 2 MiB to be cleared.
    bool large_pages = true;
    /// What a file truncated by somebody else while it is mapped leads to. false: a touch of what is gone is a SIGBUS, as for
    /// every mapping. true: the handle has lost its file; the call that was under way and all later ones return Code::lost, and
    /// nothing but close() is of use. For this a handler for SIGBUS is installed, once a process, that hands on to the one
    /// before it whatever is not about a cache's mapping; it must not be replaced later, nor SIGBUS be blocked.
    bool survive_truncation = false;
    /// Called now and then while a recovery runs, from the opening thread.
    std::function<void(const RecoveryProgress&)> on_recovery_progress;
};

}  // namespace larder
