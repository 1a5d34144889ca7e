#include "process_table.hpp"

#include "quantity.hpp"
#include "table.hpp"
#include "text.hpp"

namespace larder::tools {

namespace {

constexpr std::size_t kMostShown = 8;

/// The shards whose locks a process holds.
std::string locks_of(const ProcessStats& process) {
    if (process.locked_shards.empty()) return "-";
    std::string text;
    for (std::size_t i = 0; i < process.locked_shards.size() && i < kMostShown; ++i)
        text += (text.empty() ? "" : ",") + std::to_string(process.locked_shards[i]);
    return process.locked_shards.size() > kMostShown ? text + ",..." : text;
}

}  // namespace

std::string process_table(const std::vector<ProcessStats>& processes, bool with_counters) {
    Table table;
    std::vector<std::string> head{"INDEX", "PID", "STATE", "UID", "NAMESPACE", "ATTACHED", "LOCKS", "NAME"};
    if (with_counters) head.insert(head.end(), {"HITS", "MISSES", "SETS", "REMOVES", "EVICTIONS", "RETRIES", "TAKE-OVERS"});
    table.row(std::move(head));
    for (const ProcessStats& process : processes) {
        std::vector<std::string> cells{std::to_string(process.index),
                                       std::to_string(process.pid),
                                       process.alive ? "alive" : "dead",
                                       std::to_string(process.uid),
                                       std::to_string(process.pid_namespace),
                                       time_text(process.attached_at_ms),
                                       locks_of(process),
                                       printable(process.name)};
        if (with_counters) {
            const Counters& counters = process.counters;
            for (const std::uint64_t count : {counters.hits, counters.misses, counters.sets, counters.removes, counters.evictions,
                                              counters.retries, counters.take_overs}) {
                cells.push_back(std::to_string(count));
            }
        }
        table.row(std::move(cells));
    }
    return table.text();
}

}  // namespace larder::tools
