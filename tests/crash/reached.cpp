#include "tests/crash/reached.hpp"

#include "engine/platform/fault_point.hpp"

#if defined(LARDER_FAULT_POINTS)

#include <array>
#include <csignal>
#include <cstring>
#include <new>
#include <stdexcept>

#include <sys/mman.h>
#include <sys/wait.h>

namespace larder::tests {
namespace {

// How often each point was reached, in memory that a child shares with its parent.
struct Reached {
    struct Line {
        std::array<char, 56> name;
        std::uint64_t count;
    };
    std::array<Line, 64> lines;
    std::uint64_t used;
};

Reached* reached = nullptr;

void record(const char* name) {
    for (std::uint64_t i = 0; i < reached->used; ++i) {
        if (std::strcmp(reached->lines[i].name.data(), name) != 0) continue;
        ++reached->lines[i].count;
        return;
    }
    if (reached->used == reached->lines.size()) return;
    std::strncpy(reached->lines[reached->used].name.data(), name, 55);
    reached->lines[reached->used++].count = 1;
}

void clear_record() {
    if (reached == nullptr) {
        void* memory = ::mmap(nullptr, sizeof(Reached), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
        reached = new (memory) Reached;
    }
    *reached = Reached{};
}

}  // namespace

pid_t fork_stopped(const Deed& deed, const std::function<void()>& arm) {
    const pid_t child = fork_for(deed, [&arm] {
        (void)::raise(SIGSTOP);
        arm();
    });
    if (!WIFSTOPPED(wait_for(child, true))) throw std::runtime_error("the child did not begin");
    return child;
}

std::vector<ReachedPoint> points_reached(const Attack& attack) {
    clear_record();
    attack.before();
    const pid_t child = fork_stopped(attack.deed, [] { platform::set_fault_hook(record); });
    attack.between();
    (void)::kill(child, SIGCONT);
    if (wait_for(child) != 0) throw std::runtime_error("the child failed");
    attack.check();
    std::vector<ReachedPoint> points;
    for (std::uint64_t i = 0; i < reached->used; ++i) points.push_back({reached->lines[i].name.data(), reached->lines[i].count});
    return points;
}

}  // namespace larder::tests

#endif
