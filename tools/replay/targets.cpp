#include "replay/targets.hpp"

#include "failure.hpp"
#include "quantity.hpp"
#include "replay/report.hpp"
#include "replay/scratch.hpp"
#include "replay/server_run.hpp"
#include "replay/simulation.hpp"
#include "session.hpp"
#include "table.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <string_view>

#include <unistd.h>

namespace larder::tools::replay {
namespace {

enum class Measure { miss_ratio, byte_miss_ratio, counter_writes };

struct Target {
    std::string_view trace;
    std::uint64_t mebibytes;
    Measure measure;
    double reach;
    double stretch;  ///< 0: none
};

// Targets of one trace stand together, so that each is loaded once, and those of one capacity, so that it is replayed once.
constexpr std::array<Target, 9> kTargets{{{"kv-mix", 32, Measure::miss_ratio, .098, .093},
                                          {"kv-mix", 32, Measure::byte_miss_ratio, .090, 0},
                                          {"kv-mix", 32, Measure::counter_writes, .2, 0},
                                          {"kv-mix", 16, Measure::miss_ratio, .135, .125},
                                          {"io-p6", 64, Measure::miss_ratio, .335, .315},
                                          {"io-p3", 64, Measure::miss_ratio, .64, .59},
                                          {"page-oltp", 64, Measure::miss_ratio, .345, .338},
                                          {"block-w106", 128, Measure::miss_ratio, .079, .076},
                                          {"llm-mooncake", 128, Measure::miss_ratio, .70, .67}}};

constexpr std::string_view kMix = "kv-mix";
constexpr std::array<std::string_view, 4> kMixParts{"kv-orm-busy", "kv-scarab", "kv-corda", "kv-web12"};

std::optional<std::string> find_trace(const std::string& directory, std::string_view name) {
    for (const char* ending : {".csv.zst", ".csv"}) {
        std::string path = directory + "/" + std::string(name) + ending;
        if (::access(path.c_str(), R_OK) == 0) return path;
    }
    return std::nullopt;
}

/// Nothing if it, or a part of it, is not there.
std::optional<Trace> load(const std::string& directory, std::string_view name, const Session& session) {
    if (const auto path = find_trace(directory, name)) return load_trace(*path, session);
    if (name != kMix) return std::nullopt;
    std::vector<Trace> tenants;
    for (const std::string_view part : kMixParts) {
        const auto path = find_trace(directory, part);
        if (!path) return std::nullopt;
        tenants.push_back(load_trace(*path, session));
    }
    return interleave(std::string(kMix), std::move(tenants));
}

/// Nothing where it is not counted.
std::optional<double> measured(Measure measure, const Outcome& outcome, const Stats* stats) {
    switch (measure) {
        case Measure::miss_ratio:
            return outcome.miss_ratio();
        case Measure::byte_miss_ratio:
            return outcome.byte_miss_ratio();
        case Measure::counter_writes:
            break;
    }
    if (stats == nullptr) return std::nullopt;
    return Outcome::ratio(stats->counters.hit_marks, outcome.gets);
}

std::string text_of(const std::optional<double>& value) { return value.has_value() ? ratio_text(value.value()) : "-"; }

double live_share(const SpaceUse& use) { return Outcome::ratio(use.payload + use.framing, use.capacity); }

Json json_of(const std::optional<double>& value) { return value.has_value() ? Json(value.value()) : Json(); }

/// What a server or a simulated policy made of the same trace with the same bytes.
struct Other {
    std::string store;
    Outcome outcome;
};

std::string_view measure_text(Measure measure) {
    switch (measure) {
        case Measure::miss_ratio:
            return "miss ratio";
        case Measure::byte_miss_ratio:
            return "miss ratio by bytes";
        case Measure::counter_writes:
            return "counter writes a get";
    }
    return "";
}

class Judge {
  public:
    Judge(const TargetsRequest& request, Session& session) : request_(request), session_(session) {}

    void judge(const Target& target) {
        if (trace_name_ != target.trace) open(target.trace);
        if (!trace_) return put(target, std::nullopt);
        if (capacity_ != target.mebibytes << 20U) replay(target.mebibytes << 20U);
        put(target, measured(target.measure, run_.outcome, &run_.stats));
    }

    ExitCode finish() {
        if (session_.json()) {
            session_.out().document({{"reached", all_reached_}, {"targets", json_}});
        } else {
            session_.out().write(table_.text());
        }
        return all_reached_ ? ExitCode::yes : ExitCode::no;
    }

    void begin() {
        std::vector<std::string> head{"trace", "capacity", "what", "larder", "reach", "stretch", "verdict", "live bytes"};
        head.insert(head.end(), request_.servers.begin(), request_.servers.end());
        head.insert(head.end(), request_.policies.begin(), request_.policies.end());
        table_.row(std::move(head));
    }

  private:
    void open(std::string_view name) {
        trace_ = load(request_.traces, name, session_);
        trace_name_ = name;
        capacity_ = 0;
    }

    void replay(std::uint64_t capacity) {
        CacheRunOptions options = request_.run;
        options.cache.capacity = capacity;
        {
            const Scratch scratch(request_.scratch);
            run_ = replay_through_cache(*trace_, scratch.path("cache"), options, session_);
        }
        capacity_ = capacity;
        others_.clear();
        for (const std::string& server : request_.servers) {
            const Scratch scratch(request_.scratch);
            others_.push_back({server, replay_through_server(*trace_, server, capacity, scratch.path(""), session_).outcome});
        }
        if (request_.policies.empty()) return;
        Simulation simulation(*trace_);
        for (const std::string& policy : request_.policies)
            others_.push_back({policy, simulation.run(policy, capacity, session_)});
    }

    void put(const Target& target, std::optional<double> value) {
        const bool reached = value && *value <= target.reach;
        const bool stretch = reached && target.stretch > 0 && *value <= target.stretch;
        const std::string verdict = !value ? "no trace" : (stretch ? "stretch" : (reached ? "reached" : "missed"));
        all_reached_ = all_reached_ && reached;
        const double live = live_share(run_.space);
        std::vector<std::string> row{std::string(target.trace),
                                     size_text(target.mebibytes << 20U),
                                     std::string(measure_text(target.measure)),
                                     text_of(value),
                                     ratio_text(target.reach),
                                     target.stretch > 0 ? ratio_text(target.stretch) : "-",
                                     verdict,
                                     value ? ratio_text(live) : "-"};
        Json json{{"trace", target.trace},
                  {"capacity", target.mebibytes << 20U},
                  {"measure", measure_text(target.measure)},
                  {"value", json_of(value)},
                  {"reach", target.reach},
                  {"stretch", target.stretch > 0 ? Json(target.stretch) : Json()},
                  {"verdict", verdict},
                  {"live_bytes", value ? Json(live) : Json()}};
        if (value) add_others(target.measure, row, json);
        table_.row(std::move(row));
        json_.push_back(std::move(json));
    }

    void add_others(Measure measure, std::vector<std::string>& row, Json& json) const {
        for (const Other& other : others_) {
            const std::optional<double> value = measured(measure, other.outcome, nullptr);
            row.push_back(text_of(value));
            json["others"][other.store] = json_of(value);
        }
    }

    const TargetsRequest& request_;
    Session& session_;
    std::string_view trace_name_;
    std::optional<Trace> trace_;
    std::uint64_t capacity_ = 0;
    CacheRun run_;
    std::vector<Other> others_;
    Table table_;
    Json json_ = Json::array();
    bool all_reached_ = true;
};

}  // namespace

ExitCode replay_targets(const TargetsRequest& request, Session& session) {
    Judge judge(request, session);
    judge.begin();
    for (const Target& target : kTargets) judge.judge(target);
    return judge.finish();
}

}  // namespace larder::tools::replay
