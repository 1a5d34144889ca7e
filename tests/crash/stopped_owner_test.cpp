// A process is stopped while it holds a shard's lock. Nobody takes the living owner's lock: readers go on, writers give up in
// time and say who holds it; once it goes on, so does everybody.
#include "engine/platform/fault_point.hpp"

#include "tests/crash/scene.hpp"
#include "tests/support/check.hpp"

#if defined(LARDER_FAULT_POINTS)

#include <csignal>
#include <cstring>
#include <iostream>

#include <sys/wait.h>
#include <unistd.h>

using namespace larder;
using namespace larder::tests;

namespace {

const char* target = nullptr;

void stop_there(const char* name) {
    if (target == nullptr || std::strcmp(name, target) != 0) return;
    target = nullptr;
    (void)::raise(SIGSTOP);
}

class StoppedOwner {
  public:
    StoppedOwner(Scene& scene, const char* point) : scene_(scene) {
        child_ = scene.fork_child([&scene, point](Cache& cache) {
            target = point;
            larder::platform::set_fault_hook(stop_there);
            scene.operation().run(cache);
            ::_exit(target == nullptr ? 0 : 7);
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
    Scene& scene_;
    pid_t child_ = 0;
    bool stopped_ = false;
};

// Writes to every shard; how many were busy.
int write_around(Cache& cache, pid_t owner) {
    int busy = 0;
    for (int i = 0; i < 16; ++i) {
        const Status status = cache.set("around " + std::to_string(i), "value");
        if (status.ok()) continue;
        INFO(status.message());
        REQUIRE(status.code() == Code::busy);
        REQUIRE(status.message().find(std::to_string(owner)) != std::string::npos);
        ++busy;
    }
    return busy;
}

void stop_at(const char* name, const char* point) {
    INFO("stopped at " << point << " of " << name);
    Scene scene(operation(name));
    scene.reset();
    StoppedOwner owner(scene, point);
    REQUIRE(owner.stopped());
    Options impatient = scene.options();
    impatient.timeout = std::chrono::milliseconds(20);
    auto cache = opened(Cache::open(scene.path(), impatient));
    for (const auto& [key, values] : scene.answers()) REQUIRE(values.count(answer_of(cache, key)) == 1);
    REQUIRE(write_around(cache, owner.id()) > 0);
    for (const auto& [key, values] : scene.answers()) REQUIRE(values.count(answer_of(cache, key)) == 1);
    Options reading = impatient;
    reading.read_only = true;
    auto reader = opened(Cache::open(scene.path(), reading));
    REQUIRE_OK(reader.verify());
    REQUIRE_OK(reader.for_each({}, [](const RecordView&) { return true; }));
    owner.go_on();
    REQUIRE(write_around(cache, 0) == 0);
    scene.check_survivor();
    REQUIRE(stats_of(cache).counters.take_overs == 0);
}

}  // namespace

TEST_CASE("readers go on and writers give up while an owner is stopped") {
    for (const char* point :
         {"record.half_written", "record.appended", "publish.noted", "publish.stored", "publish.half_accounted"})
        stop_at("overwrite", point);
    for (const char* point : {"split.copied", "split.published", "split.cleared"}) stop_at("splits", point);
    for (const char* point : {"evacuation.picked", "evacuation.emptied"}) stop_at("evictions", point);
}

TEST_CASE("an owner that was stopped and is killed then is taken over at once") {
    Scene scene(operation("overwrite"));
    scene.reset();
    {
        StoppedOwner owner(scene, "publish.stored");
        REQUIRE(owner.stopped());
    }
    scene.check_survivor();
    REQUIRE(stats_of(scene.survivor()).counters.take_overs == 1);
}

#endif
