#include "text.hpp"

#include <array>

namespace larder::tools {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

constexpr std::array<std::int8_t, 256> kBase64Values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kBase64Digits.size(); ++i) {
        values[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) noexcept { return static_cast<unsigned char>(bytes[i]); }

/// The length of the well-formed UTF-8 sequence at `at`, 0 if there is none.
std::size_t utf8_length(std::string_view bytes, std::size_t at) noexcept {
    const std::uint32_t lead = byte_at(bytes, at);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (bytes.size() - at < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(bytes, at + i) & 0xC0) != 0x80) return 0;
    }
    const std::uint32_t second = byte_at(bytes, at + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
    return length;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kHexDigits[byte >> 4];
        text += kHexDigits[byte & 15];
    }
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = bytes.size() - i;
        std::uint32_t bits = byte_at(bytes, i) << 16;
        if (left > 1) bits |= byte_at(bytes, i + 1) << 8;
        if (left > 2) bits |= byte_at(bytes, i + 2);
        text += kBase64Digits[bits >> 18];
        text += kBase64Digits[bits >> 12 & 63];
        text += left > 1 ? kBase64Digits[bits >> 6 & 63] : '=';
        text += left > 2 ? kBase64Digits[bits & 63] : '=';
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') ++padding;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool pad = i >= text.size() - padding;
        const int value = pad ? 0 : kBase64Values[static_cast<unsigned char>(text[i])];
        if (value < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if (i % 4 != 3) continue;
        bytes += static_cast<char>(bits >> 16 & 255);
        bytes += static_cast<char>(bits >> 8 & 255);
        bytes += static_cast<char>(bits & 255);
        bits = 0;
    }
    for (; padding > 0; --padding) {
        if (bytes.back() != '\0') return std::nullopt;
        bytes.pop_back();
    }
    return bytes;
}

bool is_utf8(std::string_view bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = utf8_length(bytes, i);
        if (length == 0) return false;
        i += length;
    }
    return true;
}

std::string printable(std::string_view bytes, std::size_t limit) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size();) {
        if (i >= limit) return text + "...";
        const std::size_t length = utf8_length(bytes, i);
        const std::uint32_t lead = byte_at(bytes, i);
        // U+0080 to U+009F are control characters too: terminals act on them.
        const bool control = lead < 0x20 || lead == 0x7F || (lead == 0xC2 && length == 2 && byte_at(bytes, i + 1) < 0xA0);
        if (length == 0 || (control && length == 1)) {
            text += "\\x" + to_hex(bytes.substr(i, 1));
            ++i;
            continue;
        }
        if (control) {
            text += "\\x" + to_hex(bytes.substr(i, 1)) + "\\x" + to_hex(bytes.substr(i + 1, 1));
        } else {
            text += bytes.substr(i, length);
        }
        i += length;
    }
    return text;
}

}  // namespace larder::tools
