// Who holds a lock on a byte of a file, as far as /proc says. Nothing is decided by it: it is for messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace larder::platform {

struct LockHolder {
    std::uint32_t process = 0;  ///< its number as it is seen from here
    std::string name;
    char state = '?';  ///< as in /proc/PID/stat: 'T' is stopped
};

/// The process that has a descriptor whose open file description holds a lock on the byte. `likely` is asked first, then every
/// other: that is slow. None: it cannot be seen from here (another PID namespace, another user's, no /proc).
std::optional<LockHolder> find_lock_holder(int descriptor, std::uint64_t offset, std::uint32_t likely);
/// "process 1234 (name), which is stopped"; for any other state "which is alive".
std::string describe(const LockHolder& holder);

}  // namespace larder::platform
