// Fault points call the hook that a test has set, and none otherwise.
#include "engine/platform/fault_point.hpp"

#include <catch2/catch.hpp>

#if defined(LARDER_FAULT_POINTS)

#include <string>
#include <vector>

namespace {

std::vector<std::string> reached;

void note(const char* name) { reached.emplace_back(name); }

}  // namespace

TEST_CASE("a fault point tells the hook its name") {
    reached.clear();
    LARDER_FAULT_POINT("before");
    larder::platform::set_fault_hook(note);
    LARDER_FAULT_POINT("one");
    LARDER_FAULT_POINT("two");
    larder::platform::set_fault_hook(nullptr);
    LARDER_FAULT_POINT("after");
    CHECK(reached == std::vector<std::string>{"one", "two"});
}

#endif
