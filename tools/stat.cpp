#include "arguments.hpp"
#include "commands.hpp"
#include "process_table.hpp"
#include "quantity.hpp"
#include "session.hpp"
#include "stats_json.hpp"
#include "table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string_view>

#include <sys/stat.h>
#include <sys/statvfs.h>

namespace larder::tools {
namespace {

struct StatArguments {
    CacheFile file;
    bool processes = false;
};

std::string percent(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "-";
    char text[32];
    std::snprintf(text, sizeof(text), "%.2f%%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
    return text;
}

std::uint64_t gets_of(const Counters& counters) noexcept { return counters.hits + counters.misses; }

bool is_full(const Stats& stats) noexcept { return stats.committed_bytes + 2 * stats.segment_size > stats.capacity; }

/// What the file takes on its file system, and what that has left.
struct Disk {
    std::uint64_t used = 0;
    std::uint64_t left = 0;
};

std::optional<Disk> disk_of(const std::string& path) {
    struct stat facts {};
    struct statvfs system {};
    if (::stat(path.c_str(), &facts) != 0 || ::statvfs(path.c_str(), &system) != 0) return std::nullopt;
    return Disk{static_cast<std::uint64_t>(facts.st_blocks) * 512, std::uint64_t{system.f_bavail} * system.f_frsize};
}

std::string condition_text(const Stats& stats) {
    switch (stats.condition) {
        case FileCondition::clean:
            return "closed by its last user, all on disk";
        case FileCondition::interrupted:
            return "in use when the machine went down; who opens it for writing next recovers it (or: larder recover)";
        case FileCondition::in_use:
            break;
    }
    const bool used = std::any_of(stats.processes.begin(), stats.processes.end(), [](const auto& p) { return p.alive; });
    return used ? "in use" : "its last user was killed or did not flush; nothing needs to be done";
}

/// Which of the ways to lose a record explains most of the misses.
std::string_view miss_reason(const Stats& stats) {
    const Counters& c = stats.counters;
    if (c.misses == 0) return "";
    if (c.evictions == 0 && c.expirations == 0)
        return "of keys that were never set, or were removed: nothing was evicted, nor expired";
    if (c.expirations > c.evictions) return "records mostly go because their time has come: longer TTLs would help";
    return is_full(stats) ? "the cache is full, and records are evicted: a larger capacity would help (larder resize)"
                          : "records were evicted when the capacity was lower, or the disk full";
}

void add_health(Table& table, const Stats& stats) {
    const auto alive = std::count_if(stats.processes.begin(), stats.processes.end(), [](const auto& p) { return p.alive; });
    const auto dead = static_cast<std::int64_t>(stats.processes.size()) - alive;
    table.row({"state", condition_text(stats)});
    table.row({"processes", std::to_string(alive) + " attached for writing" +
                                (dead == 0 ? "" : ", " + std::to_string(dead) + " dead and not cleaned up yet")});
    table.row({"flush epoch", std::to_string(stats.flush_epoch), "flushes completed"});
    table.row({"take-overs", std::to_string(stats.counters.take_overs), "locks taken from processes that had died"});
    table.row({"recoveries", std::to_string(stats.recoveries), "after the machine had gone down, or by larder recover"});
}

void add_contents(Table& table, const Stats& stats) {
    const std::uint64_t mean = stats.records == 0 ? 0 : stats.record_bytes / stats.records;
    table.row(
        {"records", std::to_string(stats.records), mean == 0 ? "" : std::to_string(mean) + " bytes each, with their headers"});
    table.row({"oldest", duration_text(std::chrono::milliseconds(stats.oldest_ms)), "ago the oldest segment was begun"});
}

void add_space(Table& table, const Stats& stats, const std::optional<Disk>& disk) {
    table.row({"capacity", size_text(stats.capacity), "at most " + size_text(stats.reservation) + " by larder resize"});
    table.row(
        {"committed", size_text(stats.committed_bytes), percent(stats.committed_bytes, stats.capacity) + " of the capacity"});
    table.row({"  fixed areas", size_text(stats.fixed_bytes)});
    table.row({"  index", size_text(stats.index_bytes),
               std::to_string(stats.slots) + " slots, " + percent(stats.records, stats.slots) + " in use"});
    table.row({"  segments", size_text(stats.segment_bytes),
               std::to_string(stats.segments) + " of " + size_text(stats.segment_size) + ", in " + std::to_string(stats.shards) +
                   " shards"});
    table.row({"    live", size_text(stats.record_bytes), percent(stats.record_bytes, stats.segment_bytes) + " of the segments"});
    table.row({"    dead", size_text(stats.dead_bytes), percent(stats.dead_bytes, stats.segment_bytes) + ": replaced, removed"});
    table.row({"    unused", size_text(unused_bytes(stats)), percent(unused_bytes(stats), stats.segment_bytes)});
    if (!disk) return;
    table.row({"on disk", size_text(disk->used), size_text(disk->left) + " left on its file system"});
}

void add_counters(Table& table, const Counters& counters, std::string_view why) {
    table.row({"hit ratio", percent(counters.hits, gets_of(counters)), "of " + std::to_string(gets_of(counters)) + " gets"});
    table.row({"hits", std::to_string(counters.hits)});
    table.row({"misses", std::to_string(counters.misses), std::string(why)});
    table.row({"sets", std::to_string(counters.sets)});
    table.row({"replaced", std::to_string(counters.replaced), percent(counters.replaced, counters.sets) + " of the sets"});
    table.row({"removes", std::to_string(counters.removes)});
    table.row(
        {"expirations", std::to_string(counters.expirations), percent(counters.expirations, counters.sets) + " of the sets"});
    table.row({"evictions", std::to_string(counters.evictions), percent(counters.evictions, counters.sets) + " of the sets"});
    table.row({"moved", std::to_string(counters.moved), "copied, to be kept when their segments were emptied"});
    table.row({"reclaimed", size_text(counters.reclaimed_bytes)});
    table.row({"retries", std::to_string(counters.retries), "of reads, because of a write at the same time"});
    table.row({"flushes", std::to_string(counters.flushes)});
    table.row({"hit marks", std::to_string(counters.hit_marks)});
}

void write_table(const StatArguments& arguments, const Stats& stats, Output& out) {
    Table health;
    add_health(health, stats);
    Table contents;
    add_contents(contents, stats);
    Table space;
    add_space(space, stats, disk_of(arguments.file.path));
    Table counters;
    add_counters(counters, stats.counters, miss_reason(stats));
    out.write(health.text() + "\n" + contents.text() + "\n" + space.text() + "\n" + counters.text());
    if (arguments.processes) out.write("\n" + process_table(stats.processes, true));
}

ExitCode run_stat(const StatArguments& arguments, Session& session) {
    const Cache cache = arguments.file.open_read_only(session);
    const Stats stats = check(cache.stats(), arguments.file.path);
    if (!session.json()) {
        write_table(arguments, stats, session.out());
        return ExitCode::yes;
    }
    Json json = stats_json(stats);
    json["max_value_size"] = cache.max_value_size();
    if (const auto disk = disk_of(arguments.file.path)) {
        json["disk_bytes"] = disk->used;
        json["disk_left_bytes"] = disk->left;
    }
    if (arguments.processes) {
        json["processes"] = Json::array();
        for (const ProcessStats& process : stats.processes) json["processes"].push_back(process_json(process, true));
    }
    session.out().document(json);
    return ExitCode::yes;
}

}  // namespace

void add_stat(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("stat", "Show how the cache is doing: its health, contents, space and counters");
    auto arguments = std::make_shared<StatArguments>();
    arguments->file.add_to(*command);
    command->add_flag("--processes", arguments->processes, "Each attached process as well");
    command->footer(
        "Counters add up over all processes that ever attached for writing. Handles that only read, such as that of larder get,\n"
        "are not counted.");
    session.on(*command, [arguments, &session] { return run_stat(*arguments, session); });
}

}  // namespace larder::tools
