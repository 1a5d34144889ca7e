#include "replay/trace.hpp"

#include "failure.hpp"
#include "progress.hpp"
#include "replay/interrupt.hpp"
#include "replay/trace_input.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

namespace larder::tools::replay {
namespace {

enum class Column : std::size_t { time, key, size, operation, ttl };
constexpr std::size_t kColumns = 5;
constexpr std::array<std::string_view, kColumns> kColumnNames{"time", "key", "size", "op", "ttl"};
constexpr std::size_t kAbsent = std::numeric_limits<std::size_t>::max();
// Beyond it milliseconds would not fit, and no trace is that long.
constexpr double kMostSeconds = 1e12;

constexpr std::size_t index_of(Column column) noexcept { return static_cast<std::size_t>(column); }

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find(',', begin), line.size());
        fields.push_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    return fields;
}

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::uint64_t hash_text(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash;
}

std::optional<Operation> operation_of(std::string_view text) {
    if (text.empty() || text == "get" || text == "gets" || text == "read") return Operation::get;
    if (text == "set" || text == "add" || text == "replace" || text == "cas" || text == "write") return Operation::set;
    if (text == "delete" || text == "remove") return Operation::remove;
    return std::nullopt;
}

class TraceReader {
  public:
    explicit TraceReader(const std::string& path) : input_(path) {
        for (std::size_t i = 0; i < kColumns; ++i) place_[i] = i;
    }

    bool next(Request& request) {
        auto line = input_.line();
        if (line && input_.line_number() == 1 && !number<double>(split(*line).front())) {
            read_header(*line);
            line = input_.line();
        }
        while (line && line->empty()) line = input_.line();
        if (!line) return false;
        request = parse(*line);
        return true;
    }

    const Input& input() const noexcept { return input_.input(); }

  private:
    void read_header(std::string_view line) {
        place_.fill(kAbsent);
        const auto names = split(line);
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto* const found = std::find(kColumnNames.begin(), kColumnNames.end(), names[i]);
            if (found != kColumnNames.end()) place_[static_cast<std::size_t>(found - kColumnNames.begin())] = i;
        }
        for (const Column needed : {Column::key, Column::size}) {
            if (place_[index_of(needed)] == kAbsent) bad("names no column " + std::string(kColumnNames[index_of(needed)]));
        }
    }

    std::string_view field(Column column) const {
        const std::size_t place = place_[index_of(column)];
        return place < fields_.size() ? fields_[place] : std::string_view();
    }

    std::int64_t milliseconds(Column column) const {
        const std::string_view text = field(column);
        if (text.empty()) return 0;
        const auto seconds = number<double>(text);
        if (!seconds || !(*seconds >= 0 && *seconds <= kMostSeconds)) bad_field(column, "seconds");
        return std::llround(*seconds * 1000);
    }

    Request parse(std::string_view line) {
        fields_ = split(line);
        Request request;
        const std::string_view key = field(Column::key);
        if (key.empty()) bad("has no key");
        request.key = number<std::uint64_t>(key).value_or(hash_text(key));
        const auto size = number<std::uint32_t>(field(Column::size));
        if (!size) bad_field(Column::size, "a number of bytes below 4 GiB");
        request.size = *size;
        request.time_ms = milliseconds(Column::time);
        request.ttl_ms = milliseconds(Column::ttl);
        const auto operation = operation_of(field(Column::operation));
        if (!operation) bad_field(Column::operation, "get, set or delete");
        request.operation = *operation;
        return request;
    }

    [[noreturn]] void bad_field(Column column, const std::string& expected) const {
        bad(std::string(kColumnNames[index_of(column)]) + " '" + printable(field(column), 40) + "' is not " + expected);
    }

    [[noreturn]] void bad(const std::string& message) const {
        throw Failure(ExitCode::usage, "bad_input",
                      input_.input().name() + ":" + std::to_string(input_.line_number()) + ": " + message);
    }

    TraceInput input_;
    std::array<std::size_t, kColumns> place_{};
    std::vector<std::string_view> fields_;
};

std::uint64_t highest_key(const Trace& trace) noexcept {
    std::uint64_t highest = 0;
    for (const Request& request : trace.requests) highest = std::max(highest, request.key);
    return highest;
}

}  // namespace

Trace load_trace(const std::string& path, const Session& session) {
    TraceReader reader(path);
    Progress progress(session, "reading");
    Trace trace{path == "-" ? "stdin" : path.substr(path.rfind('/') + 1), {}};
    for (Request request; reader.next(request);) {
        if (trace.requests.size() % kInterruptEvery == 0) {
            Interrupt::check();
            progress.bytes(reader.input().taken(), reader.input().size());
        }
        trace.requests.push_back(request);
    }
    if (trace.requests.empty()) throw Failure(ExitCode::usage, "bad_input", trace.name + ": no requests in it");
    return trace;
}

Ids number_keys(const Trace& trace) {
    Ids ids;
    ids.of_request.reserve(trace.requests.size());
    std::unordered_map<std::uint64_t, Id> numbers;
    for (const Request& request : trace.requests) {
        const auto [place, fresh] = numbers.try_emplace(request.key, ids.count);
        if (fresh) ++ids.count;
        ids.of_request.push_back(place->second);
    }
    return ids;
}

Trace interleave(std::string name, std::vector<Trace> tenants) {
    Trace mix{std::move(name), {}};
    std::vector<std::size_t> next(tenants.size(), 0);
    std::vector<std::uint64_t> first_key(tenants.size(), 0);
    std::size_t total = 0;
    for (std::size_t i = 0; i < tenants.size(); ++i) {
        total += tenants[i].requests.size();
        if (i + 1 < tenants.size()) first_key[i + 1] = first_key[i] + highest_key(tenants[i]) + 1;
    }
    mix.requests.reserve(total);
    while (mix.requests.size() < total) {
        std::size_t best = 0;
        double best_position = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < tenants.size(); ++i) {
            if (next[i] == tenants[i].requests.size()) continue;
            const double position = (static_cast<double>(next[i]) + 0.5) / static_cast<double>(tenants[i].requests.size());
            if (position >= best_position) continue;
            best = i;
            best_position = position;
        }
        Request request = tenants[best].requests[next[best]++];
        request.key += first_key[best];
        request.time_ms = static_cast<std::int64_t>(mix.requests.size() / 1000) * 1000;
        mix.requests.push_back(request);
    }
    return mix;
}

}  // namespace larder::tools::replay
