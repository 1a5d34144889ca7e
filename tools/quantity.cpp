#include "quantity.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <limits>
#include <span>
#include <utility>

namespace larder::tools {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<Unit, 14> kSizes{{{"B", 1},
                                       {"K", 1ULL << 10},
                                       {"KiB", 1ULL << 10},
                                       {"KB", 1'000},
                                       {"M", 1ULL << 20},
                                       {"MiB", 1ULL << 20},
                                       {"MB", 1'000'000},
                                       {"G", 1ULL << 30},
                                       {"GiB", 1ULL << 30},
                                       {"GB", 1'000'000'000},
                                       {"T", 1ULL << 40},
                                       {"TiB", 1ULL << 40},
                                       {"TB", 1'000'000'000'000},
                                       {"", 1}}};
constexpr std::array<Unit, 5> kTimes{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_word(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

/// A number with an optional fraction and one of the units. The result is exact or rounded down; overflow is refused.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
    const char* const end = text.data() + text.size();
    std::uint64_t whole = 0;
    auto [rest, error] = std::from_chars(text.data(), end, whole);
    if (error != std::errc{}) return std::nullopt;
    std::string_view fraction;
    if (rest != end && *rest == '.') {
        const char* const start = ++rest;
        while (rest != end && *rest >= '0' && *rest <= '9') ++rest;
        fraction = {start, static_cast<std::size_t>(rest - start)};
        if (fraction.empty() || fraction.size() > 6) return std::nullopt;
    }
    while (rest != end && *rest == ' ') ++rest;
    const std::string_view name(rest, static_cast<std::size_t>(end - rest));
    for (const Unit& unit : units) {
        if (!same_word(unit.name, name)) continue;
        std::uint64_t part = 0;  // six digits of 2^40 fit in 64 bits
        std::uint64_t scale = 1;
        for (const char digit : fraction) {
            part = part * 10 + static_cast<std::uint64_t>(digit - '0');
            scale *= 10;
        }
        if (whole > std::numeric_limits<std::uint64_t>::max() / unit.factor - 1) return std::nullopt;
        return whole * unit.factor + part * unit.factor / scale;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) { return parse_quantity(text, kSizes); }

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto count = parse_quantity(text, kTimes);
    // Half the range, so that adding the present time to it stays a time.
    if (!count || *count > std::numeric_limits<std::int64_t>::max() / 2) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*count));
}

std::optional<Ttl> parse_ttl(std::string_view text) {
    if (text == "never") return Ttl::never();
    if (text == "keep") return Ttl::keep();
    const auto duration = parse_duration(text);
    if (!duration) return std::nullopt;
    return Ttl::after(*duration);
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
    std::uint32_t mode = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, mode, 8);
    if (error != std::errc{} || rest != end || mode > 0777) return std::nullopt;
    return mode;
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> kNames{"KiB", "MiB", "GiB", "TiB", "PiB"};
    if (bytes < 1024) return std::to_string(bytes) + " B";
    double amount = static_cast<double>(bytes) / 1024;
    std::size_t name = 0;
    while (amount >= 1023.95 && name + 1 < kNames.size()) {
        amount /= 1024;
        ++name;
    }
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s (%llu)", amount, std::string(kNames[name]).c_str(),
                  static_cast<unsigned long long>(bytes));
    return text.data();
}

std::string duration_text(std::chrono::milliseconds duration) {
    auto left = static_cast<std::uint64_t>(duration.count() > 0 ? duration.count() : 0);
    std::string text;
    int shown = 0;
    for (const Unit& unit : kTimes) {
        const std::uint64_t count = left / unit.factor;
        left %= unit.factor;
        if (count == 0 && shown == 0) continue;
        if (count != 0) text += (text.empty() ? "" : " ") + std::to_string(count) + std::string(unit.name);
        if (++shown == 2) break;
    }
    return text.empty() ? "0s" : text;
}

std::string time_text(std::int64_t unix_milliseconds) {
    const std::int64_t milliseconds = (unix_milliseconds % 1000 + 1000) % 1000;
    const auto seconds = static_cast<std::time_t>((unix_milliseconds - milliseconds) / 1000);
    std::tm parts{};
    if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(unix_milliseconds) + " ms";
    std::array<char, 64> day{};
    if (std::strftime(day.data(), day.size(), "%Y-%m-%d %H:%M:%S", &parts) == 0) return std::to_string(unix_milliseconds) + " ms";
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%s.%03d UTC", day.data(), static_cast<int>(milliseconds));
    return text.data();
}

}  // namespace larder::tools
