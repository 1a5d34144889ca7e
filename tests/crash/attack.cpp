#include "tests/crash/attack.hpp"

#include "engine/platform/process.hpp"
#include "tests/support/check.hpp"

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace larder::tests {
namespace {

using Visit = std::function<void(const Attack&)>;

bool is_wanted(const std::string& name) {
    const char* wanted = std::getenv("LARDER_OPERATION");
    return wanted == nullptr || *wanted == '\0' || name == wanted;
}

void must(const Status& status) {
    if (!status.ok()) throw std::runtime_error(status.message());
}

Attack on(Scene& scene, const std::string& name, Deed deed) {
    Attack attack;
    attack.name = name;
    attack.before = [&scene] { scene.reset(); };
    attack.deed = std::move(deed);
    attack.check = [&scene] { return scene.check_survivor(); };
    return attack;
}

void attack_operations(const Visit& visit) {
    for (const auto* all : {&operations(), &repairs()}) {
        for (const Operation& each : *all) {
            if (!is_wanted(each.name)) continue;
            Scene scene(each);
            visit(on(scene, each.name, scene.with_handle(each.run)));
        }
    }
}

void attack_attaching(const Visit& visit) {
    if (!is_wanted("attach and detach")) return;
    Scene scene(operation("overwrite"));
    visit(on(scene, "attach and detach", [&scene](const std::function<void()>& begin) {
        begin();
        auto first = Cache::open(scene.path(), scene.options());
        must(first.status());
        auto second = Cache::open(scene.path(), scene.options());
        must(second.status());
        scene.operation().run(*second);
        must(first->close());
        must(second->close());
    }));
}

// Leaves a shard's lock with one who was killed in the middle of an operation, elsewhere each time.
void kill_one(const Scene& scene, Random& random) {
    TracedChild victim(scene.with_handle(scene.operation().run));
    const std::uint64_t calls = random.between(1, 40);
    if (victim.run(calls) == calls) victim.step(random.below(600));
    victim.kill();
}

// The one who is killed is about to repair what another one left.
void attack_repair(const Visit& visit) {
    if (!kTraceable) return;
    Random random(seed());
    for (const char* name : {"overwrite in fragments", "splits", "evictions", "shrink a large index"}) {
        Scene scene(operation(name));
        const std::string taking = std::string("take over from: ") + name;
        Attack attack = on(scene, taking, scene.with_handle([](Cache& cache) { (void)cache.verify(); }));
        attack.between = [&] { kill_one(scene, random); };
        if (is_wanted(taking)) visit(attack);
        const std::string inheriting = std::string("inherit from: ") + name;
        Attack heir = on(scene, inheriting, [&scene](const std::function<void()>& begin) {
            begin();
            must(Cache::open(scene.path(), scene.options()).status());
        });
        heir.between = [&] { kill_one(scene, random); };
        if (is_wanted(inheriting)) visit(heir);
    }
}

void attack_creation(const Visit& visit) {
    if (!is_wanted("create")) return;
    const Options options = operation("set").options;
    TemporaryDirectory directory;
    const std::string path = directory.file("new");
    Attack attack;
    attack.name = "create";
    attack.before = [&] { (void)::unlink(path.c_str()); };
    attack.deed = [&](const std::function<void()>& begin) {
        begin();
        must(Cache::create(path, options).status());
    };
    attack.check = [&] {
        auto cache = opened(Cache::open_or_create(path, options));
        REQUIRE_OK(cache.set("key", "value"));
        require_clean(cache);
        REQUIRE(count_files(directory.path()) == 1);
        return std::chrono::nanoseconds(0);
    };
    visit(attack);
}

platform::BootId another_boot() {
    platform::BootId id{};
    id.fill(7);
    return id;
}

// Killed while recovering: the next one recovers. Nobody else is attached then.
void attack_recovery(const Visit& visit) {
    if (!is_wanted("recover")) return;
    const Operation& chosen = operation("splits");
    TemporaryDirectory directory;
    const std::string path = directory.file("cache");
    std::map<std::string, std::string> contents;
    {
        auto cache = opened(Cache::create(path, chosen.options));
        contents = chosen.prepare(cache);
    }
    const Snapshot prepared = Snapshot::take(path);
    const platform::BootId boot = platform::boot_id();
    const auto recover = [&] {
        platform::set_boot_id_for_tests(another_boot());
        return Cache::open(path, chosen.options);
    };
    Attack attack;
    attack.name = "recover";
    attack.before = [&] { write_torn(path, {&prepared}, [](std::uint64_t, unsigned) { return std::size_t{0}; }); };
    attack.deed = [&](const std::function<void()>& begin) {
        begin();
        must(recover().status());
    };
    attack.check = [&] {
        auto cache = opened(recover());
        std::string wrong;
        for (const auto& [key, value] : contents) {
            if (answer_of(cache, key) != value) wrong += " " + key;
        }
        REQUIRE(wrong == "");
        REQUIRE(stats_of(cache).recoveries > 0);
        require_clean(cache);
        return std::chrono::nanoseconds(0);
    };
    visit(attack);
    platform::set_boot_id_for_tests(boot);
}

}  // namespace

void for_each_attack(const Visit& visit) {
    attack_operations(visit);
    attack_attaching(visit);
    attack_repair(visit);
    attack_creation(visit);
    attack_recovery(visit);
}

}  // namespace larder::tests
