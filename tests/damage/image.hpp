// A cache file to be damaged again and again: only the pages that differ are put right in between.
#pragma once

#include "tests/damage/mutation.hpp"
#include "tests/support/snapshot.hpp"

#include <larder/cache.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace larder::tests {

/// What is in the file to begin with.
enum class Filling { full, sparse, tangled };
inline constexpr unsigned kFillings = 3;

class Image {
  public:
    /// Makes a cache file with the records of stored_value() in it.
    Image(std::string path, Filling filling);
    ~Image();
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;

    const std::string& path() const noexcept { return path_; }
    /// The file's bytes, shared with whoever has it open.
    std::span<std::byte> bytes() const noexcept { return {base_, size_}; }
    const Layout& layout() const noexcept { return *layout_; }
    /// Offsets of the pages that have content, in rising order.
    const std::vector<std::uint64_t>& pages() const noexcept { return pages_; }
    /// Puts everything back as it was made. Nobody may have the file open.
    void restore();
    /// Writes the pages back that the file was made with, whoever uses it meanwhile.
    void scribble_back() noexcept;
    /// The seed of the hash as the file was made with.
    void restore_hash_seed() noexcept;
    /// As if the machine had gone down while the file was in use.
    void mark_as_of_another_boot();

  private:
    void fill(Cache& cache, Filling filling);
    void restore_range(std::uint64_t begin, std::uint64_t end);

    std::string path_;
    int descriptor_ = -1;
    std::byte* base_ = nullptr;
    std::size_t size_ = 0;
    Snapshot whole_;
    std::optional<Layout> layout_;
    std::vector<std::uint64_t> pages_;
};

/// Keys of all images, and the two values that each may have.
inline constexpr int kStoredKeys = 300;
std::string stored_key(int number);
const std::string& stored_value(int number, int version);
/// Whether this is a value that was ever stored under the key.
bool was_stored(std::string_view key, std::string_view value);

}  // namespace larder::tests
