// Ctrl-C and SIGTERM end a replay in order: temporary files are removed, servers stopped.
#pragma once

#include <csignal>
#include <cstddef>

namespace larder::tools::replay {

/// How many requests may pass between two checks.
inline constexpr std::size_t kInterruptEvery = 4096;

/// While one lives, the signals only leave a mark.
class Interrupt {
  public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    /// Throws Failure if a signal has come.
    static void check();

  private:
    struct sigaction before_int_ {};
    struct sigaction before_term_ {};
};

}  // namespace larder::tools::replay
