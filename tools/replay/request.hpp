// One line of a trace: what was asked of a store, when, and of what size.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace larder::tools::replay {

enum class Operation : std::uint8_t { get, set, remove };

struct Request {
    std::uint64_t key = 0;
    std::int64_t time_ms = 0;  ///< since the trace began
    std::int64_t ttl_ms = 0;   ///< 0: never expires
    std::uint32_t size = 0;    ///< bytes of the value, the key not counted
    Operation operation = Operation::get;
};

/// The key as the store sees it: 16 lower-case hex digits.
class KeyText {
  public:
    static constexpr std::size_t kBytes = 16;

    explicit constexpr KeyText(std::uint64_t key) noexcept {
        for (std::size_t i = kBytes; i-- > 0; key >>= 4) digits_[i] = "0123456789abcdef"[key & 15U];
    }
    constexpr std::string_view view() const noexcept { return {digits_.data(), digits_.size()}; }

  private:
    std::array<char, kBytes> digits_{};
};

/// Bytes that a policy without overhead holds for a record.
constexpr std::uint64_t payload_bytes(std::uint32_t value_bytes) noexcept { return KeyText::kBytes + value_bytes; }

}  // namespace larder::tools::replay
