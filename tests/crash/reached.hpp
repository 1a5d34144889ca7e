// Which fault points an attack comes to. Only where fault points are compiled in.
#pragma once

#include "tests/crash/attack.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace larder::tests {

struct ReachedPoint {
    std::string name;
    std::uint64_t count;
};

/// Lets the attack's child do its deed undisturbed; then checks.
std::vector<ReachedPoint> points_reached(const Attack& attack);
/// Forks a child for the deed that stops, calls `arm` once it goes on, and begins.
pid_t fork_stopped(const Deed& deed, const std::function<void()>& arm);

}  // namespace larder::tests
