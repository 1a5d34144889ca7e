// CSV and TSV by RFC 4180: fields between delimiters, rows between line breaks; a field in double quotes may hold
// delimiters, line breaks, and double quotes written twice. Bytes outside of that are taken as they are.
#include "failure.hpp"
#include "input.hpp"
#include "quantity.hpp"
#include "row.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace larder::tools {
namespace {

constexpr std::array<std::string_view, 4> kColumns{"key", "value", "ttl_ms", "flags"};

class DelimitedReader final : public RowReader {
  public:
    DelimitedReader(Input& input, char delimiter, const RowFormat& format)
        : input_(input), delimiter_(delimiter), format_(format), columns_(kColumns.begin(), kColumns.end()) {}

    bool next(Row& row) override {
        if (format_.header && !header_read_) {
            header_read_ = true;
            if (!read_fields()) return false;
            read_header();
        }
        if (!read_fields()) return false;
        row = parse();
        row.line = row_line_;
        return true;
    }

  private:
    /// The next row that is not an empty line. On BadRow the rest of its last line is gone as well.
    bool read_fields() {
        while (!input_.ahead().empty()) {
            row_line_ = line_;
            fields_.clear();
            too_large_ = false;
            if (take_line_break()) continue;
            while (read_field()) {
            }
            if (too_large_) bad("has a field larger than any that this cache takes");
            return true;
        }
        return false;
    }

    /// How many bytes of a line break come next: LF, or CR LF. A lone CR is a byte like others.
    std::size_t line_break() {
        const std::string_view some = input_.ahead(2);
        if (some.starts_with('\n')) return 1;
        return some.starts_with("\r\n") ? 2 : 0;
    }

    bool take_line_break() {
        const std::size_t length = line_break();
        input_.take(length);
        if (length != 0) ++line_;
        return length != 0;
    }

    /// Whether the row goes on behind it.
    bool read_field() {
        fields_.emplace_back();
        if (input_.peek() == '"') {
            read_quoted(fields_.back());
        } else {
            read_plain(fields_.back());
        }
        if (input_.peek() == delimiter_) {
            input_.take(1);
            return true;
        }
        if (!input_.ahead().empty() && !take_line_break()) skip_line("has bytes behind a closing double quote");
        return false;
    }

    void read_quoted(std::string& field) {
        input_.take(1);
        for (std::string_view some = input_.ahead(); !some.empty(); some = input_.ahead()) {
            const std::string_view run = some.substr(0, some.find('"'));
            line_ += static_cast<std::uint64_t>(std::count(run.begin(), run.end(), '\n'));
            keep(field, run);
            if (run.size() == some.size()) continue;
            input_.take(1);
            if (input_.peek() != '"') return;
            keep(field, "\"");
        }
        bad("has a double quote that is never closed");
    }

    void read_plain(std::string& field) {
        const std::string stops{delimiter_, '"', '\r', '\n'};
        for (std::string_view some = input_.ahead(); !some.empty(); some = input_.ahead()) {
            keep(field, some.substr(0, some.find_first_of(stops)));
            const auto stop = input_.peek();
            if (!stop || *stop == delimiter_ || line_break() != 0) return;
            if (*stop == '"') skip_line("has a double quote in a field that does not begin with one");
            if (*stop == '\r') keep(field, "\r");
        }
    }

    /// Takes bytes from the input; `bytes` may point into it. What is too large is read over, so that the rows behind it
    /// are still told apart.
    void keep(std::string& field, std::string_view bytes) {
        too_large_ = too_large_ || field.size() + bytes.size() > format_.most_bytes;
        if (!too_large_) field += bytes;
        input_.take(bytes.size());
    }

    [[noreturn]] void skip_line(const std::string& message) {
        for (std::string_view some = input_.ahead(); !some.empty(); some = input_.ahead()) {
            const std::size_t end = some.find('\n');
            input_.take(end == std::string_view::npos ? some.size() : end + 1);
            if (end == std::string_view::npos) continue;
            ++line_;
            break;
        }
        bad(message);
    }

    void read_header() {
        for (const std::string& name : fields_) {
            if (std::find(kColumns.begin(), kColumns.end(), name) == kColumns.end()) {
                bad_header("names a column '" + printable(name, 40) + "'; known are key, value, ttl_ms and flags");
            }
            if (std::count(fields_.begin(), fields_.end(), name) > 1) bad_header("names the column " + name + " twice");
        }
        for (const std::string_view needed : {"key", "value"}) {
            if (std::find(fields_.begin(), fields_.end(), needed) == fields_.end()) {
                bad_header("names no column " + std::string(needed));
            }
        }
        columns_ = fields_;
    }

    /// Without a header there is no telling what the rows mean: not to be skipped.
    [[noreturn]] void bad_header(const std::string& message) const {
        throw Failure(ExitCode::usage, "bad_input", input_.name() + ":" + std::to_string(row_line_) + ": the header " + message);
    }

    Row parse() const {
        if (fields_.size() < 2 || fields_.size() > columns_.size() || (header_read_ && fields_.size() != columns_.size())) {
            bad("has " + std::to_string(fields_.size()) + (fields_.size() == 1 ? " field" : " fields") +
                "; key, value, and at will ttl_ms and flags are expected");
        }
        Row row;
        for (std::size_t i = 0; i < fields_.size(); ++i) assign(columns_[i], fields_[i], row);
        return row;
    }

    void assign(const std::string& column, const std::string& field, Row& row) const {
        if (column == "key" || column == "value") {
            auto bytes = format_.hex ? from_hex(field) : field;
            if (!bytes) bad(column + " '" + printable(field, 40) + "' is not hex");
            (column == "key" ? row.key : row.value) = *std::move(bytes);
            return;
        }
        if (field.empty()) return;
        const auto number = parse_number<std::int64_t>(field);
        if (!number || *number < 0) bad(column + " '" + printable(field, 40) + "' is not a whole number from 0 up");
        if (column == "flags") {
            if (*number > std::numeric_limits<std::uint32_t>::max()) bad("flags '" + field + "' is more than 32 bits");
            row.options.flags = static_cast<std::uint32_t>(*number);
        } else if (*number != 0) {
            if (*number > std::numeric_limits<std::int64_t>::max() / 2) bad("ttl_ms '" + field + "' is too large");
            row.options.ttl = Ttl::after(std::chrono::milliseconds(*number));
        }
    }

    [[noreturn]] void bad(const std::string& message) const { throw BadRow(row_line_, message); }

    Input& input_;
    char delimiter_;
    RowFormat format_;
    std::vector<std::string> columns_;
    std::vector<std::string> fields_;
    std::uint64_t line_ = 1;
    std::uint64_t row_line_ = 1;
    bool header_read_ = false;
    bool too_large_ = false;
};

}  // namespace

std::unique_ptr<RowReader> read_delimited(Input& input, char delimiter, const RowFormat& format) {
    return std::make_unique<DelimitedReader>(input, delimiter, format);
}

}  // namespace larder::tools
