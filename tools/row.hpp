// One record as it is read from text, and what reads it.
#pragma once

#include <larder/options.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace larder::tools {

class Input;

struct Row {
    std::string key;
    std::string value;
    WriteOptions options;
    std::uint64_t line = 0;  ///< where it begins, from 1
};

/// A row that cannot be read. The reader stands behind it, and next() may be called again.
class BadRow : public std::runtime_error {
  public:
    BadRow(std::uint64_t line, const std::string& message) : std::runtime_error(message), line_(line) {}
    std::uint64_t line() const noexcept { return line_; }

  private:
    std::uint64_t line_;
};

class RowReader {
  public:
    RowReader() = default;
    RowReader(const RowReader&) = delete;
    RowReader& operator=(const RowReader&) = delete;
    virtual ~RowReader() = default;
    /// False at the end. Throws BadRow, and Failure when reading fails.
    virtual bool next(Row& row) = 0;
};

/// What all formats of input have in common.
struct RowFormat {
    bool header = false;  ///< delimited only: the first row names the columns
    bool hex = false;     ///< delimited only: keys and values are hex
    /// A row (or one field of it) of more bytes than this cannot be a record, and is not kept in memory.
    std::uint64_t most_bytes = 0;
};

std::unique_ptr<RowReader> read_ndjson(Input& input, const RowFormat& format);
std::unique_ptr<RowReader> read_delimited(Input& input, char delimiter, const RowFormat& format);

}  // namespace larder::tools
