// The clock that expiry goes by, read the exact way.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

namespace larder::tests {

/// Milliseconds since the Unix epoch.
inline std::int64_t now_ms() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

/// Returns when now_ms() is beyond the given time.
inline void sleep_past(std::int64_t unix_ms) {
    while (now_ms() <= unix_ms) std::this_thread::sleep_for(std::chrono::microseconds(200));
}

}  // namespace larder::tests
