// What a store gives the bench. Stores are template arguments: no store pays for an indirection that another does not.
//
// A Store has
//     static constexpr Traits kTraits;
//     Store(const Place&, Opening);          creates it empty, or attaches to it; throws std::runtime_error
//     std::unique_ptr<Session> session();    what one worker uses, made once for each
//     std::uint64_t footprint();             bytes of file or memory that it takes now
//     static void remove(const Place&);      deletes its files, if any
// and a Session has
//     bool get(const Step&, Answer&);                  copies the value into memory that is reused
//     bool set(const Step&, std::string_view value);
//     std::size_t get_many(const Step*, Answer*);      kBatch of them; returns the hits (optional: else no batches are measured)
//     void fill(std::span<const Step>, const Values&)  (optional: a faster way to fill a store behind a socket)
#pragma once

#include "compare/dataset.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace larder::bench {

enum class Kind : std::uint8_t { limit, larder, shared, server, private_map };

struct Traits {
    std::string_view name;
    std::string_view says;
    Kind kind = Kind::shared;
    int rank = 0;                  ///< place in the tables
    bool two_threads = true;       ///< one open handle may be used by two threads
    bool two_processes = true;     ///< two processes may open it
    bool readers_only = false;     ///< ... but only if neither writes
    std::string_view workloads{};  ///< separated by commas; empty: all
};

enum class Opening : std::uint8_t { create, attach, attach_read_only };

/// Where a store lives and how much it will hold.
struct Place {
    std::string path;  ///< of a file that is the store's own; others may be made beside it, with longer names
    std::uint32_t records = 0;
    std::uint32_t value_size = 0;
    bool on_disk = false;
};

/// What workers write to is aligned so: none shares a cache line with another's, nor the line that is loaded with it, wherever
/// the heap puts them.
inline constexpr std::size_t kApart = 128;

/// The room for one value, and where the value is after a hit.
class alignas(kApart) Answer {
  public:
    explicit Answer(std::size_t room) : room_(room), space_(std::make_unique<Lines[]>(room / kApart + 1)) {}
    /// False if it does not fit.
    bool copy(const void* bytes, std::size_t size) noexcept {
        if (size > room_) return false;
        std::memcpy(space_[0].bytes, bytes, size);
        value_ = {space_[0].bytes, size};
        return true;
    }
    /// For stores that copy into a buffer of their own.
    void show(std::string_view value) noexcept { value_ = value; }
    std::string_view value() const noexcept { return value_; }

  private:
    struct alignas(kApart) Lines {
        char bytes[kApart];
    };
    std::size_t room_;
    std::unique_ptr<Lines[]> space_;
    std::string_view value_;
};

/// Disk or tmpfs memory behind a file, in bytes.
std::uint64_t file_footprint(const std::string& path);
/// Private memory of a process, in bytes (pid 0: this one).
std::uint64_t memory_footprint(int pid = 0);

}  // namespace larder::bench
