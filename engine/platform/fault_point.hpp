// Named points in the code where a test can pause or kill the process, so that races and crashes are deterministic.
// Compiled out unless LARDER_FAULT_POINTS is defined.
#pragma once

namespace larder::platform {

/// Called at each point that is reached, with its name. A test's hook may sleep, stop or kill the process.
using FaultHook = void (*)(const char* name);

#if defined(LARDER_FAULT_POINTS)
void set_fault_hook(FaultHook hook) noexcept;
void reach_fault_point(const char* name) noexcept;
#define LARDER_FAULT_POINT(name) ::larder::platform::reach_fault_point(name)
#else
#define LARDER_FAULT_POINT(name) static_cast<void>(0)
#endif

}  // namespace larder::platform
