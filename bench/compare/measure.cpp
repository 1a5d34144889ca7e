#include "compare/measure.hpp"

#include "compare/pairing.hpp"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>

namespace larder::bench {

namespace {

/// A directory of our own, gone at the end.
class Scratch {
  public:
    explicit Scratch(const std::string& parent) : path_(parent + "/larder-bench-" + std::to_string(getpid())) {
        if (mkdir(path_.c_str(), 0700) != 0) throw std::runtime_error("cannot make " + path_);
    }
    ~Scratch() { rmdir(path_.c_str()); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

/// A store in a place: on the memory file system, and some on a disk as well.
struct Candidate {
    const Peer* peer;
    std::string name;
    bool on_disk;
};

class Measurement {
  public:
    explicit Measurement(const Settings& settings) : settings_(settings), memory_(settings.dir) {
        if (!settings.disk_dir.empty()) disk_.emplace(settings.disk_dir);
        find_candidates();
    }

    Report run() {
        for (const Shape shape : {Shape::large, Shape::wide, Shape::small}) {
            for (const bool reduced : {false, true}) run_shape(shape, reduced);
        }
        return std::move(report_);
    }

  private:
    void find_candidates() {
        for (const Peer& peer : peers()) {
            const std::string name(peer.traits.name);
            if (name == "limit-b") continue;  // measured beside every other
            if (settings_.wants_store(name)) candidates_.push_back({&peer, name, false});
            const bool disk = disk_ && (peer.traits.kind == Kind::larder || name == "lmdb");
            if (disk && settings_.wants_store(name)) candidates_.push_back({&peer, name + " (disk)", true});
        }
    }

    /// With little effort, all others hold fewer records; they are compared with a limit that does, too.
    bool is_reduced(const Candidate& candidate) const {
        return settings_.effort == Effort::quick && candidate.peer->traits.kind != Kind::larder;
    }

    static bool lists(std::string_view list, std::string_view name) {
        if (list.empty()) return true;
        const std::string wrapped = "," + std::string(list) + ",";
        return wrapped.find("," + std::string(name) + ",") != std::string::npos;
    }

    std::vector<Workload> workloads_of(const Candidate& candidate, Shape shape) const {
        std::vector<Workload> chosen;
        for (const Workload& workload : kWorkloads) {
            if (workload.operation == Operation::batch && !candidate.peer->batches) continue;
            if (workload.shape == shape && settings_.wants_workload(std::string(workload.name)) &&
                lists(candidate.peer->traits.workloads, workload.name)) {
                chosen.push_back(workload);
            }
        }
        return chosen;
    }

    bool wants(const Candidate& candidate, Shape shape, bool reduced) const {
        if (is_reduced(candidate) != reduced) return false;
        if (!workloads_of(candidate, shape).empty()) return true;
        return shape == Shape::large && settings_.wants_workload("fill") && candidate.peer->traits.workloads.empty();
    }

    void run_shape(Shape shape, bool reduced) {
        const ShapeSize& size = kShapes[static_cast<std::size_t>(shape)];
        const bool any = std::any_of(candidates_.begin(), candidates_.end(),
                                     [&](const Candidate& candidate) { return wants(candidate, shape, reduced); });
        if (!any) return;
        double records = size.records * (shape == Shape::small ? 1.0 : settings_.scale);
        if (reduced && shape != Shape::small) records /= 8;
        std::cerr << "making " << static_cast<std::uint32_t>(records) << " keys\n";
        const Dataset data(static_cast<std::uint32_t>(records), size.value_size, size.steps, size.zipfian);
        for (const Candidate& candidate : candidates_) {
            if (wants(candidate, shape, reduced)) run_candidate(candidate, data, shape);
        }
    }

    Pace pace_of(const Candidate& candidate, Shape shape) const {
        const bool main = candidate.peer->traits.kind == Kind::larder && !candidate.on_disk;
        Pace pace;
        unsigned fills = 3;  // of Larder's 8 million records; others and other shapes are filled once
        switch (settings_.effort) {
            case Effort::quick:
                pace.rounds = main ? 5 : 2;
                pace.slice_ns = main ? 120'000'000 : 40'000'000;
                pace.lead_in_ns = main ? 12'000'000 : 8'000'000;
                pace.warm_ns = main ? 5'000'000'000 : 1'500'000'000;
                pace.use_ns = 15'000'000'000;
                fills = 2;
                break;
            case Effort::normal:
                break;
            case Effort::full:
                pace.rounds = 9;
                pace.slice_ns = 300'000'000;
                fills = 5;
                break;
        }
        if (main && shape == Shape::large) pace.fill_rounds = fills;
        if (settings_.rounds != 0) pace.rounds = settings_.rounds;
        if (settings_.slice_ms != 0) pace.slice_ns = settings_.slice_ms * 1'000'000;
        pace.by_processor_time = settings_.by_processor_time;
        return pace;
    }

    void run_candidate(const Candidate& candidate, const Dataset& data, Shape shape) {
        Line& line = report_.line(candidate.name);
        line.says = candidate.peer->traits.says;
        line.kind = candidate.peer->traits.kind;
        line.rank = candidate.peer->traits.rank;
        std::cerr << candidate.name << ": " << kShapes[static_cast<std::size_t>(shape)].name << std::endl;
        Place limit{memory_.path() + "/limit", data.records(), data.values().size(), false};
        Place own = limit;
        own.path = (candidate.on_disk ? disk_->path() : memory_.path()) + "/store";
        own.on_disk = candidate.on_disk;
        try {
            Pairing pairing(*candidate.peer, data, shape, pace_of(candidate, shape), own, limit, line);
            pairing.run(workloads_of(candidate, shape));
        } catch (const std::exception& trouble) {
            line.notes.push_back(std::string(kShapes[static_cast<std::size_t>(shape)].name) + ": " + trouble.what());
            std::cerr << candidate.name << ": " << trouble.what() << "\n";
        }
    }

    const Settings& settings_;
    Scratch memory_;
    std::optional<Scratch> disk_;
    std::vector<Candidate> candidates_;
    Report report_;
};

std::string describe_machine() {
    std::string model = "unknown processor";
    std::ifstream file("/proc/cpuinfo");
    for (std::string text; std::getline(file, text);) {
        if (text.rfind("model name", 0) == 0) model = text.substr(text.find(':') + 2);
    }
    double load = 0;
    if (getloadavg(&load, 1) != 1) load = 0;
    utsname name{};
    uname(&name);
    std::string text = model + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores, Linux " + name.release;
    if (load > 0.5) text += "; BUSY when started (load " + std::to_string(load).substr(0, 4) + "): a trial run, not a result";
    return text;
}

}  // namespace

Report measure(const Settings& settings) {
    const std::string machine = describe_machine();
    ticks_per_ns();
    std::sort(peers().begin(), peers().end(),
              [](const Peer& left, const Peer& right) { return left.traits.rank < right.traits.rank; });
    Report report = Measurement(settings).run();
    report.machine = machine;
    return report;
}

}  // namespace larder::bench
