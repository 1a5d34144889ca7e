// A process is stopped wherever it is. Nobody takes the living one's lock: readers go on, writers give up in time and say who
// holds it; once it goes on, so does everybody. LARDER_ITERATIONS: stops in each operation.
#include "engine/platform/fault_point.hpp"

#include "tests/crash/attack.hpp"
#include "tests/crash/reached.hpp"
#include "tests/support/check.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <iostream>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

// Writes to every shard; how many were busy.
int write_around(Cache& cache, pid_t owner) {
    int busy = 0;
    for (int i = 0; i < 8; ++i) {
        const Status status = cache.set("around " + std::to_string(i), "value");
        if (status.ok()) continue;
        INFO(status.message());
        REQUIRE(status.code() == Code::busy);
        REQUIRE(status.message().find("process " + std::to_string(owner) + " (") != std::string::npos);
        REQUIRE(status.message().find("which is stopped") != std::string::npos);
        ++busy;
    }
    return busy;
}

void read_around(const Scene& scene, const Cache& cache) {
    scene.check_keys(cache);
    REQUIRE_OK(cache.for_each({}, [](const RecordView&) { return true; }));
}

// While `owner` is stopped somewhere. Returns how many writes were refused.
int look_around(Scene& scene, pid_t owner) {
    Options impatient = scene.options();
    impatient.timeout = std::chrono::milliseconds(5);
    read_around(scene, scene.survivor());
    Options reading = impatient;
    reading.read_only = true;
    read_around(scene, opened(Cache::open(scene.path(), reading)));
    auto writer = Cache::open(scene.path(), impatient);
    if (!writer.ok()) {
        INFO(writer.status().message());
        REQUIRE(writer.code() == Code::busy);
        REQUIRE(writer.status().message().find("process " + std::to_string(owner) + " (") != std::string::npos);
        return 1;
    }
    const int busy = write_around(*writer, owner);
    read_around(scene, *writer);
    // Closing waits for nobody but an opener.
    (void)writer->close();
    return busy;
}

void require_all_well(Scene& scene) {
    REQUIRE(write_around(scene.survivor(), 0) == 0);
    scene.check_survivor();
    REQUIRE(stats_of(scene.survivor()).counters.take_overs == 0);
}

void report_stops(int stops, int refused) {
    std::cout << stops << " stops; " << refused << " writes were refused, no read was" << std::endl;
    CHECK(stops > 0);
    CHECK(refused > 0);
}

// The attacks that have a cache with a survivor.
void for_each_scene(const std::function<void(Scene&)>& visit) {
    for (const Operation& each : operations()) {
        Scene scene(each);
        visit(scene);
    }
}

}  // namespace

TEST_CASE("stopped after any number of instructions") {
    if (!kTraceable) return;
    SHOW_SEED();
    Random random(seed());
    int stops = 0;
    int refused = 0;
    for_each_scene([&](Scene& scene) {
        for (std::uint64_t i = 0; i < iterations(2); ++i, ++stops) {
            const std::uint64_t calls = random.between(1, 12);
            const std::uint64_t steps = random.below(600);
            INFO(scene.operation().name << ", stopped " << steps << " steps after call " << calls);
            scene.reset();
            TracedChild owner(scene.with_handle(scene.operation().run));
            owner.run(calls);
            owner.step(steps);
            owner.stop();
            refused += look_around(scene, owner.id());
            REQUIRE(owner.finish() == 0);
            require_all_well(scene);
        }
    });
    report_stops(stops, refused);
}

TEST_CASE("an owner that was stopped and is killed then is taken over at once") {
    if (!kTraceable) return;
    Scene scene(operation("overwrite"));
    scene.reset();
    {
        TracedChild owner(scene.with_handle(scene.operation().run));
        // Where the second function of those that divide a set is called, the one that releases the lock.
        owner.run(2);
        owner.stop();
        REQUIRE(look_around(scene, owner.id()) > 0);
    }
    scene.check_survivor();
    REQUIRE(stats_of(scene.survivor()).counters.take_overs == 1);
}

#if defined(LARDER_FAULT_POINTS)

namespace {

std::string stop_point;

void stop_there(const char* name) {
    if (stop_point != name) return;
    stop_point.clear();
    (void)::raise(SIGSTOP);
}

class StoppedOwner {
  public:
    StoppedOwner(const Deed& deed, const std::string& point) {
        child_ = fork_for(deed, [&point] {
            stop_point = point;
            larder::platform::set_fault_hook(stop_there);
        });
        stopped_ = WIFSTOPPED(wait_for(child_, true));
    }
    ~StoppedOwner() {
        if (child_ <= 0) return;
        (void)::kill(child_, SIGKILL);
        (void)wait_for(child_);
    }
    StoppedOwner(const StoppedOwner&) = delete;
    StoppedOwner& operator=(const StoppedOwner&) = delete;

    bool stopped() const noexcept { return stopped_; }
    pid_t id() const noexcept { return child_; }
    void go_on() {
        (void)::kill(child_, SIGCONT);
        const int status = wait_for(child_);
        child_ = 0;
        REQUIRE(status == 0);
    }

  private:
    pid_t child_ = 0;
    bool stopped_ = false;
};

Deed attach_and_detach(const Scene& scene) {
    return [&scene](const std::function<void()>& begin) {
        begin();
        auto cache = Cache::open(scene.path(), scene.options());
        if (!cache.ok()) ::_exit(5);
        scene.operation().run(*cache);
        if (!cache->close().ok()) ::_exit(6);
    };
}

}  // namespace

TEST_CASE("stopped at each fault point") {
    int stops = 0;
    int refused = 0;
    for_each_scene([&](Scene& scene) {
        Attack attack;
        attack.name = scene.operation().name;
        attack.before = [&scene] { scene.reset(); };
        attack.deed = attach_and_detach(scene);
        attack.check = [&scene] { return scene.check_survivor(); };
        for (const ReachedPoint& point : points_reached(attack)) {
            INFO("stopped at " << point.name << " of " << scene.operation().name);
            scene.reset();
            StoppedOwner owner(attack.deed, point.name);
            REQUIRE(owner.stopped());
            refused += look_around(scene, owner.id());
            owner.go_on();
            require_all_well(scene);
            ++stops;
        }
    });
    report_stops(stops, refused);
}

// Whoever takes a dead owner's lock over holds the dead one's byte for a moment. It is the one that is named.
TEST_CASE("stopped while taking over: the error names the one who does, not the dead") {
    Scene scene(operation("overwrite"));
    scene.reset();
    std::optional<StoppedOwner> dead;
    dead.emplace(attach_and_detach(scene), "publish.displaced");
    REQUIRE(dead->stopped());
    const pid_t heir_child = fork_stopped(scene.with_handle([](Cache& cache) { (void)cache.verify(); }), [] {
        stop_point = "take_over.byte_held";
        larder::platform::set_fault_hook(stop_there);
    });
    dead.reset();
    (void)::kill(heir_child, SIGCONT);
    REQUIRE(WIFSTOPPED(wait_for(heir_child, true)));
    CHECK(look_around(scene, heir_child) > 0);
    (void)::kill(heir_child, SIGCONT);
    REQUIRE(wait_for(heir_child) == 0);
    scene.check_survivor();
}

#endif
