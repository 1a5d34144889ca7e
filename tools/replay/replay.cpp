// larder replay: what a cache of some capacity would do with requests that were recorded.
#include "arguments.hpp"
#include "commands.hpp"
#include "progress.hpp"
#include "quantity.hpp"
#include "replay/chart.hpp"
#include "replay/interrupt.hpp"
#include "replay/report.hpp"
#include "replay/scratch.hpp"
#include "replay/server.hpp"
#include "replay/server_run.hpp"
#include "replay/simulation.hpp"
#include "replay/targets.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <system_error>

namespace larder::tools {
namespace {

using namespace replay;  // NOLINT(google-build-using-namespace): this file is its front

constexpr const char* kLarder = "larder";

struct Arguments {
    std::string trace;
    std::vector<std::string> capacities;
    std::vector<std::string> against;
    std::vector<std::string> servers;
    std::string targets;
    std::string directory;
    std::string file;
    std::string svg;
    bool keep = false;
    bool simulate_only = false;
    std::uint64_t segment_size = 0;
    CacheRunOptions run;
};

std::vector<std::uint64_t> capacities_of(const Arguments& arguments) {
    std::vector<std::uint64_t> all;
    for (const std::string& text : arguments.capacities) {
        const auto size = parse_size(text);
        if (!size || *size == 0) throw usage_failure("--capacity: '" + text + "' is not a SIZE");
        all.push_back(*size);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

/// "all" stands for every name there is.
std::vector<std::string> chosen(const char* option, const std::vector<std::string>& wanted,
                                const std::vector<std::string>& known) {
    if (std::find(wanted.begin(), wanted.end(), "all") != wanted.end()) return known;
    for (const std::string& name : wanted) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw usage_failure(std::string(option) + ": '" + name + "' is not known (see larder replay --help)");
        }
    }
    return wanted;
}

Run run_cache(const Trace& trace, std::uint64_t capacity, const Arguments& arguments, const Session& session) {
    CacheRunOptions options = arguments.run;
    options.cache.capacity = capacity;
    Run run{kLarder, capacity, {}, std::nullopt, std::nullopt};
    if (!arguments.file.empty()) {
        run.cache = replay_through_cache(trace, arguments.file, options, session);
    } else {
        Scratch scratch(arguments.directory);
        run.cache = replay_through_cache(trace, scratch.path("cache"), options, session);
        if (arguments.keep) {
            scratch.keep();
            session.remark("kept " + scratch.path("cache"));
        }
    }
    run.outcome = run.cache->outcome;
    run.seconds = run.cache->seconds;
    return run;
}

std::vector<Run> run_all(const Trace& trace, const Arguments& arguments, const Session& session) {
    const std::vector<std::uint64_t> capacities = capacities_of(arguments);
    const std::vector<std::string> policies = chosen("--against", arguments.against, policy_names());
    const std::vector<std::string> servers = chosen("--server", arguments.servers, server_names());
    std::vector<Run> runs;
    for (const std::uint64_t capacity : capacities) {
        if (!arguments.simulate_only) runs.push_back(run_cache(trace, capacity, arguments, session));
    }
    for (const std::string& server : servers) {
        for (const std::uint64_t capacity : capacities) {
            const Scratch scratch(arguments.directory);
            const ServerRun run = replay_through_server(trace, server, capacity, scratch.path(""), session);
            runs.push_back({server, capacity, run.outcome, run.seconds, std::nullopt});
        }
    }
    if (policies.empty()) return runs;
    Simulation simulation(trace);
    for (const std::string& policy : policies) {
        for (const std::uint64_t capacity : capacities) {
            runs.push_back({policy, capacity, simulation.run(policy, capacity, session), std::nullopt, std::nullopt});
        }
    }
    return runs;
}

void write_chart(const std::string& path, const std::string& title, const std::vector<Run>& runs) {
    std::vector<Series> all;
    for (const Run& run : runs) {
        if (all.empty() || all.back().name != run.store) all.push_back({run.store, {}, run.store == kLarder});
        all.back().points.push_back({run.capacity, run.outcome.miss_ratio()});
    }
    std::ofstream file(path, std::ios::binary);
    file << draw_chart(title, all);
    file.close();
    if (!file) throw Failure(ExitCode::cannot_use, "io_error", path + ": " + std::generic_category().message(errno));
}

void say(const std::string& trace, const std::vector<Run>& runs, bool values_checked, Session& session) {
    if (session.json()) {
        Json all = Json::array();
        for (const Run& run : runs) all.push_back(run_json(run, values_checked));
        return session.out().document({{"trace", trace}, {"runs", std::move(all)}});
    }
    std::string text;
    for (const Run& run : runs) {
        if (run.cache || run.seconds) text += run.store + ", " + trace + "\n" + describe(run, values_checked) + "\n";
    }
    if (runs.size() > 1 || text.empty()) text += compare(runs);
    session.out().write(text);
}

ExitCode run_trace(const Arguments& arguments, Session& session) {
    if (arguments.capacities.empty()) throw usage_failure("--capacity is required");
    if (!arguments.file.empty() && arguments.capacities.size() > 1)
        throw usage_failure("--file: there can be only one --capacity");
    const Trace trace = load_trace(arguments.trace, session);
    const std::vector<Run> runs = run_all(trace, arguments, session);
    if (runs.empty()) throw usage_failure("--simulate-only: nothing to simulate without --against");
    if (!arguments.svg.empty()) write_chart(arguments.svg, trace.name, runs);
    say(trace.name, runs, arguments.run.check_values, session);
    const bool wrong = std::any_of(runs.begin(), runs.end(), [](const Run& r) { return r.cache && r.cache->wrong_values != 0; });
    return wrong ? ExitCode::corrupt : ExitCode::yes;
}

ExitCode run(Arguments& arguments, Session& session) {
    const Interrupt interrupt;
    if (arguments.segment_size > UINT32_MAX) throw usage_failure("--segment-size is too large");
    arguments.run.cache.segment_size = static_cast<std::uint32_t>(arguments.segment_size);
    arguments.run.cache.flush_on_close = arguments.keep || !arguments.file.empty();
    if (arguments.targets.empty() == arguments.trace.empty()) throw usage_failure("a TRACE or --targets is required, not both");
    if (arguments.targets.empty()) return run_trace(arguments, session);
    return replay_targets({arguments.targets, arguments.directory, chosen("--server", arguments.servers, server_names()),
                           chosen("--against", arguments.against, policy_names()), arguments.run},
                          session);
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void add_stores(CLI::App& command, Arguments& to) {
    command.add_option("--against", to.against, "Also simulate these policies (or all): " + joined(policy_names()))
        ->delimiter(',')
        ->type_name("POLICY,...");
    command.add_flag("--simulate-only", to.simulate_only, "No cache file: only what --against and --server ask for");
    command
        .add_option("--server", to.servers,
                    "Also replay through a server with the same memory limit, started for it: " + joined(server_names()))
        ->delimiter(',')
        ->type_name("NAME,...");
    command.add_option("--svg", to.svg, "Chart miss ratios by capacity into this file")->type_name("FILE");
    command.add_option("--targets", to.targets, "Replay the traces in this directory that targets are set for, and judge")
        ->type_name("DIR");
}

void add_cache(CLI::App& command, Arguments& to) {
    command.add_option("--dir", to.directory, "Where temporary files go (default $TMPDIR, else /dev/shm)")->type_name("DIR");
    command.add_option("--file", to.file, "Make the cache file here, and leave it; it must not exist yet")->type_name("FILE");
    command.add_flag("--keep", to.keep, "Leave the temporary cache file, and say where it is");
    command.add_flag("--check", to.run.check_values, "Compare the bytes of each hit with what was stored");
    command.add_flag("--verify", to.run.verify, "Check every invariant of the file at the end");
    const std::map<std::string, Clock> clocks{{"trace", Clock::trace}, {"wall", Clock::wall}};
    command.add_option("--clock", to.run.clock, "Whose time makes records expire: trace (default) or wall")
        ->transform(CLI::CheckedTransformer(clocks, CLI::ignore_case))
        ->type_name("CLOCK");
    command.add_option("--seed", to.run.cache.hash_seed, "Of the hash of keys; the same run twice (default: random)")
        ->type_name("NUMBER");
    command.add_option("--shards", to.run.cache.shards, "Lock stripes (default: from the capacity)")->type_name("COUNT");
    add_parsed(command, "--segment-size", to.segment_size, parse_size, "Bytes a segment (default: from the capacity)", "SIZE");
    command.add_option("--expected-records", to.run.cache.expected_records, "Size the index for so many")->type_name("COUNT");
}

constexpr const char* kFooter =
    "A trace has one request a line: time,key,size,op,ttl (seconds, an integer or any text, bytes of the value, get, set or\n"
    "delete, seconds or 0). zstd is told by its first bytes. A first line that does not begin with a number names the columns.\n"
    "Keys become 16 hex digits. A get that misses stores a value of the traced size. Miss ratios are of all gets, the first\n"
    "ones included. By the clock of the trace, expired records are found when they are asked for, not before.\n"
    "memcached takes a page of 1 MiB for each class of sizes whatever its limit: compare with it at 64 MiB and more.\n"
    "Simulated policies hold keys and values without any overhead, save segments: Larder's own layout, byte for byte.\n"
    "Exit code 1 with --targets: a target is missed. Exit code 4 with --check: a hit had the wrong bytes.";

}  // namespace

void add_replay(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("replay", "Replay recorded requests through a cache of a given capacity");
    auto arguments = std::make_shared<Arguments>();
    command->add_option("TRACE", arguments->trace, "The requests; - is stdin")->type_name("");
    command->add_option("--capacity", arguments->capacities, "Of the cache; several make a chart, such as 8MiB,16MiB,32MiB")
        ->delimiter(',')
        ->type_name("SIZE,...");
    add_stores(*command, *arguments);
    add_cache(*command, *arguments);
    command->footer(kFooter);
    session.on(*command, [arguments, &session] { return run(*arguments, session); });
}

}  // namespace larder::tools
