// Values whose bytes follow from their key and size, so that whoever reads one back can tell whether it is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder::tools::replay {

class ValueSource {
  public:
    ValueSource();

    /// The value of `size` bytes that belongs to the key. Valid until the next call.
    std::string_view value(std::uint64_t key, std::size_t size);
    /// Whether these are the bytes that value() gives for the key and their number.
    bool matches(std::uint64_t key, std::string_view bytes) const noexcept;

  private:
    std::string_view stretch(std::uint64_t start) const noexcept;
    std::string noise_;
    std::string value_;
};

}  // namespace larder::tools::replay
