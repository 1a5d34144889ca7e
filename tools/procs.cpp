#include "arguments.hpp"
#include "commands.hpp"
#include "process_table.hpp"
#include "session.hpp"
#include "stats_json.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

ExitCode run_procs(const CacheFile& file, Session& session) {
    const Cache cache = file.open_read_only(session);
    const Stats stats = check(cache.stats(), file.path);
    if (session.json()) {
        Json processes = Json::array();
        for (const ProcessStats& process : stats.processes) processes.push_back(process_json(process, false));
        session.out().document({{"processes", processes}});
    } else {
        session.out().write(process_table(stats.processes, false));
    }
    return ExitCode::yes;
}

}  // namespace

void add_procs(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand(
        "procs", "List the processes that are attached for writing, dead ones not cleaned up yet, and what they hold");
    auto file = std::make_shared<CacheFile>();
    file->add_to(*command);
    command->footer(
        "A pid counts in its own PID namespace. Handles that only read are not in the table. LOCKS: the shards whose locks a\n"
        "process holds at the moment. What a dead one holds is taken over, and repaired, by whoever needs it next.");
    session.on(*command, [file, &session] { return run_procs(*file, session); });
}

}  // namespace larder::tools
