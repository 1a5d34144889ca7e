// Bytes from a file or from stdin ("-"), buffered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::tools {

class Input {
  public:
    /// "-" is stdin. Throws Failure if the file cannot be opened.
    explicit Input(const std::string& path);
    ~Input();
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    /// The next bytes without taking them, as many as are at hand; fewer than `least` only before the end.
    /// Throws Failure when reading fails.
    std::string_view ahead(std::size_t least = 1);
    /// The first of them; nothing at the end.
    std::optional<char> peek();
    void take(std::size_t count) noexcept { position_ += count; }

    /// What may stand in messages: the path, or "stdin".
    const std::string& name() const noexcept { return name_; }
    /// Bytes taken so far.
    std::uint64_t taken() const noexcept { return before_buffer_ + position_; }
    /// The size of a regular file, 0 where it cannot be known.
    std::uint64_t size() const noexcept { return size_; }

    /// All that is left, or nothing if that is more than `limit` bytes.
    std::optional<std::string> read_all(std::uint64_t limit);

  private:
    void fill(std::size_t least);
    int descriptor_ = -1;
    bool owned_ = false;
    std::string name_;
    std::string buffer_;
    std::size_t position_ = 0;
    std::uint64_t before_buffer_ = 0;
    std::uint64_t size_ = 0;
    bool ended_ = false;
};

}  // namespace larder::tools
