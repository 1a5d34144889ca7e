// Everything that a process may be killed in: the operations, and what surrounds them.
#pragma once

#include "tests/crash/scene.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace larder::tests {

struct Attack {
    std::string name;
    /// Brings everything back to how it was before the first one.
    std::function<void()> before;
    /// What the child that is killed does.
    Deed deed;
    /// Comes when the child is there and has not begun.
    std::function<void()> between = [] {};
    /// Looks at what is left; returns the longest time that a call took.
    std::function<std::chrono::nanoseconds()> check;
};

/// Visits all of them, or the one that LARDER_OPERATION names.
void for_each_attack(const std::function<void(const Attack&)>& visit);

}  // namespace larder::tests
