// Sizes and times as people write them.
#pragma once

#include <larder/options.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace larder::tools {

/// "64MiB", "64M" (the same), "64MB" (millions), "1.5GiB", "4096"; also "64 MiB".
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "1500ms", "10s", "5m", "2h", "1d", "1.5h". A bare number is refused: its unit would be a guess.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// A duration, "never" or "keep".
std::optional<Ttl> parse_ttl(std::string_view text);
/// Permission bits in octal, such as "0660".
std::optional<std::uint32_t> parse_mode(std::string_view text);
/// A decimal number in the range of its type, nothing before or after it.
template <class T>
std::optional<T> parse_number(std::string_view text) {
    T number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return number;
}

/// "1.5 GiB (1610612736)"; "512 B".
std::string size_text(std::uint64_t bytes);
/// "3m 20s": the two largest units.
std::string duration_text(std::chrono::milliseconds duration);
/// "2026-01-31 23:59:59.123 UTC".
std::string time_text(std::int64_t unix_milliseconds);

}  // namespace larder::tools
