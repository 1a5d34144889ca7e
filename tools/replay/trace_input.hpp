// The lines of a trace, out of plain text or of zstd frames (told apart by their first bytes).
#pragma once

#include "input.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace larder::tools::replay {

class TraceInput {
  public:
    /// "-" is stdin. Throws Failure if the file cannot be opened.
    explicit TraceInput(const std::string& path);
    ~TraceInput();
    TraceInput(const TraceInput&) = delete;
    TraceInput& operator=(const TraceInput&) = delete;

    /// The next line without its line break, valid until the next call; nothing at the end. Throws Failure.
    std::optional<std::string_view> line();
    /// Of the line returned last, from 1.
    std::uint64_t line_number() const noexcept { return line_number_; }
    const Input& input() const noexcept { return input_; }

  private:
    class Decoder;
    bool fill();
    void decode();
    Input input_;
    std::unique_ptr<Decoder> decoder_;
    std::string text_;
    std::size_t position_ = 0;
    std::uint64_t line_number_ = 0;
};

}  // namespace larder::tools::replay
