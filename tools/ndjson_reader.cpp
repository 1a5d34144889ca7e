// NDJSON: one JSON object a line, its members those that dump writes. A name that is not known is refused: a misspelt
// expires_at would otherwise make a record that never expires.
#include "input.hpp"
#include "row.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <optional>

namespace larder::tools {
namespace {

using Parsed = nlohmann::json;

class NdjsonReader final : public RowReader {
  public:
    NdjsonReader(Input& input, const RowFormat& format) : input_(input), most_bytes_(format.most_bytes) {}

    bool next(Row& row) override {
        for (std::string line; read_line(line);) {
            if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
            row = parse(line);
            row.line = line_;
            return true;
        }
        return false;
    }

  private:
    bool read_line(std::string& line) {
        line.clear();
        std::string_view some = input_.ahead();
        if (some.empty()) return false;
        ++line_;
        bool too_long = false;
        for (; !some.empty(); some = input_.ahead()) {
            const std::size_t end = some.find('\n');
            const std::string_view part = some.substr(0, end);
            too_long = too_long || line.size() + part.size() > most_bytes_;
            if (!too_long) line += part;
            input_.take(part.size() + (end == std::string_view::npos ? 0 : 1));
            if (end != std::string_view::npos) break;
        }
        if (too_long) bad("is longer than any record that this cache takes");
        return true;
    }

    Row parse(const std::string& line) const {
        Parsed json;
        try {
            json = Parsed::parse(line);
        } catch (const Parsed::parse_error& error) {
            bad("is not JSON (at byte " + std::to_string(error.byte) + " of the line)");
        } catch (const Parsed::exception&) {
            bad("holds a number beyond all ranges");
        }
        if (!json.is_object()) bad("is not a JSON object");
        Row row;
        std::optional<std::string> key;
        std::optional<std::string> value;
        for (const auto& [name, member] : json.items()) {
            if (name.starts_with("key")) {
                read_bytes("key", name, member, key);
            } else if (name.starts_with("value")) {
                read_bytes("value", name, member, value);
            } else {
                read_option(name, member, row.options);
            }
        }
        if (!key) bad("has no key");
        if (!value) bad("has no value");
        row.key = *std::move(key);
        row.value = *std::move(value);
        return row;
    }

    void read_bytes(std::string_view what, const std::string& name, const Parsed& member,
                    std::optional<std::string>& bytes) const {
        const std::string_view encoding = std::string_view(name).substr(what.size());
        if (!encoding.empty() && encoding != "_base64" && encoding != "_hex") unknown(name);
        if (bytes) bad("has more than one " + std::string(what));
        if (!member.is_string()) bad(name + " is not a string");
        const auto& text = member.get_ref<const std::string&>();
        bytes = encoding.empty() ? std::optional(text) : encoding == "_hex" ? from_hex(text) : from_base64(text);
        if (!bytes) bad(name + " '" + printable(text, 40) + "' is not " + std::string(encoding.substr(1)));
    }

    void read_option(const std::string& name, const Parsed& member, WriteOptions& options) const {
        if (name != "expires_at" && name != "flags" && name != "version") unknown(name);
        if (!member.is_number_unsigned()) bad(name + " is not a whole number from 0 up");
        const auto number = member.get<std::uint64_t>();
        if (name == "expires_at" && number != 0) {
            if (number > std::numeric_limits<std::int64_t>::max()) bad("expires_at " + std::to_string(number) + " is too large");
            options.ttl = Ttl::at(static_cast<std::int64_t>(number));
        } else if (name == "flags") {
            if (number > std::numeric_limits<std::uint32_t>::max())
                bad("flags " + std::to_string(number) + " is more than 32 bits");
            options.flags = static_cast<std::uint32_t>(number);
        }
    }

    [[noreturn]] void unknown(const std::string& name) const {
        bad("has a member '" + printable(name, 40) + "', which means nothing");
    }
    [[noreturn]] void bad(const std::string& message) const { throw BadRow(line_, message); }

    Input& input_;
    std::uint64_t most_bytes_;
    std::uint64_t line_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> read_ndjson(Input& input, const RowFormat& format) {
    return std::make_unique<NdjsonReader>(input, format);
}

}  // namespace larder::tools
