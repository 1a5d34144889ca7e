#include "engine/platform/fault_point.hpp"

#if defined(LARDER_FAULT_POINTS)

#include <atomic>

namespace larder::platform {
namespace {

constinit std::atomic<FaultHook> hook_now{nullptr};

}  // namespace

void set_fault_hook(FaultHook hook) noexcept { hook_now.store(hook, std::memory_order_release); }

void reach_fault_point(const char* name) noexcept {
    if (FaultHook hook = hook_now.load(std::memory_order_acquire)) hook(name);
}

}  // namespace larder::platform

#endif
