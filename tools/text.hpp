// Bytes written as text, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::tools {

std::string to_hex(std::string_view bytes);
/// Either case, an even number of digits, nothing else.
std::optional<std::string> from_hex(std::string_view text);

/// RFC 4648, section 4: the standard alphabet, padded.
std::string to_base64(std::string_view bytes);
/// Strict: padding is required and its spare bits are zero, so that each byte string has exactly one spelling.
std::optional<std::string> from_base64(std::string_view text);

/// Well-formed by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes) noexcept;

/// For messages and terminals: one line, no control characters; bytes that are not text read \xNN. Cut at `limit` bytes.
std::string printable(std::string_view bytes, std::size_t limit = 200);

}  // namespace larder::tools
