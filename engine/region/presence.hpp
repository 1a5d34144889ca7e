// Which byte of the file's lock space stands for what. All lie far beyond any file's end.
#pragma once

#include <cstdint>

namespace larder::region {

inline constexpr std::uint64_t kLockSpace = std::uint64_t{1} << 62;
/// Held (exclusive) while a handle opens, recovers or closes.
inline constexpr std::uint64_t kOpeningByte = kLockSpace;
/// Held (exclusive) while a resize runs.
inline constexpr std::uint64_t kResizeByte = kLockSpace + 1;
/// Held (exclusive) by the handle that owns the process-table index: as long as it is held, the owner lives.
inline constexpr std::uint64_t kProcessBytes = kLockSpace + 4096;
constexpr std::uint64_t process_byte(std::uint32_t index) noexcept { return kProcessBytes + index; }

}  // namespace larder::region
