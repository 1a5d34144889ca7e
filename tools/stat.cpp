#include "arguments.hpp"
#include "commands.hpp"
#include "process_table.hpp"
#include "quantity.hpp"
#include "session.hpp"
#include "stats_json.hpp"
#include "table.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace larder::tools {
namespace {

struct Arguments {
    CacheFile file;
    bool processes = false;
};

std::string percent(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "-";
    char text[32];
    std::snprintf(text, sizeof(text), "%.2f%%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
    return text;
}

void add_space(Table& table, const Stats& stats) {
    table.row({"capacity", size_text(stats.capacity)});
    table.row({"reservation", size_text(stats.reservation)});
    table.row(
        {"committed", size_text(stats.committed_bytes), percent(stats.committed_bytes, stats.capacity) + " of the capacity"});
    table.row({"  fixed areas", size_text(stats.fixed_bytes)});
    table.row({"  index", size_text(stats.index_bytes)});
    table.row({"  segments", size_text(stats.segment_bytes)});
    table.row({"dead", size_text(stats.dead_bytes), percent(stats.dead_bytes, stats.segment_bytes) + " of the segments"});
    table.row({"records", std::to_string(stats.records)});
    table.row({"record bytes", size_text(stats.record_bytes)});
    table.row({"slots", std::to_string(stats.slots), percent(stats.records, stats.slots) + " in use"});
    table.row({"segments", std::to_string(stats.segments), "of " + size_text(stats.segment_size)});
    table.row({"shards", std::to_string(stats.shards)});
    table.row({"oldest segment", duration_text(std::chrono::milliseconds(stats.oldest_ms))});
    table.row({"flush epoch", std::to_string(stats.flush_epoch)});
    table.row({"recoveries", std::to_string(stats.recoveries)});
}

void add_counters(Table& table, const Counters& counters) {
    table.row({"hits", std::to_string(counters.hits), percent(counters.hits, counters.hits + counters.misses) + " of the gets"});
    table.row({"misses", std::to_string(counters.misses)});
    table.row({"sets", std::to_string(counters.sets)});
    table.row({"replaced", std::to_string(counters.replaced), percent(counters.replaced, counters.sets) + " of the sets"});
    table.row({"removes", std::to_string(counters.removes)});
    table.row({"expirations", std::to_string(counters.expirations)});
    table.row({"evictions", std::to_string(counters.evictions)});
    table.row({"moved", std::to_string(counters.moved)});
    table.row({"reclaimed", size_text(counters.reclaimed_bytes)});
    table.row({"retries", std::to_string(counters.retries)});
    table.row({"take-overs", std::to_string(counters.take_overs)});
    table.row({"flushes", std::to_string(counters.flushes)});
    table.row({"hit marks", std::to_string(counters.hit_marks)});
}

void write_table(const Arguments& arguments, const Stats& stats, Output& out) {
    Table table;
    add_space(table, stats);
    add_counters(table, stats.counters);
    out.write(table.text());
    if (arguments.processes) out.write("\n" + process_table(stats.processes, true));
}

ExitCode run(const Arguments& arguments, Session& session) {
    const Cache cache = arguments.file.open_read_only(session);
    const Stats stats = check(cache.stats(), arguments.file.path);
    if (!session.json()) {
        write_table(arguments, stats, session.out());
        return ExitCode::yes;
    }
    Json json = stats_json(stats);
    json["max_value_size"] = cache.max_value_size();
    if (arguments.processes) {
        json["processes"] = Json::array();
        for (const ProcessStats& process : stats.processes) json["processes"].push_back(process_json(process, true));
    }
    session.out().document(json);
    return ExitCode::yes;
}

}  // namespace

void add_stat(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("stat", "Show sizes and counters");
    auto arguments = std::make_shared<Arguments>();
    arguments->file.add_to(*command);
    command->add_flag("--processes", arguments->processes, "Each attached process as well");
    command->footer("Counters add up over all processes that ever attached for writing.");
    session.on(*command, [arguments, &session] { return run(*arguments, session); });
}

}  // namespace larder::tools
