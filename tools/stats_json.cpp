#include "stats_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace larder::tools {

Json counters_json(const Counters& counters) {
    return {{"hits", counters.hits},
            {"misses", counters.misses},
            {"sets", counters.sets},
            {"removes", counters.removes},
            {"expirations", counters.expirations},
            {"evictions", counters.evictions},
            {"replaced", counters.replaced},
            {"moved", counters.moved},
            {"reclaimed_bytes", counters.reclaimed_bytes},
            {"retries", counters.retries},
            {"take_overs", counters.take_overs},
            {"flushes", counters.flushes},
            {"hit_marks", counters.hit_marks}};
}

Json process_json(const ProcessStats& process, bool with_counters) {
    Json json{{"index", process.index},
              {"pid", process.pid},
              {"pid_namespace", process.pid_namespace},
              {"uid", process.uid},
              {"name", process.name},
              {"attached_at_ms", process.attached_at_ms},
              {"alive", process.alive},
              {"locked_shards", process.locked_shards}};
    if (with_counters) json["counters"] = counters_json(process.counters);
    return json;
}

std::uint64_t unused_bytes(const Stats& stats) noexcept {
    return stats.segment_bytes - std::min(stats.segment_bytes, stats.record_bytes + stats.dead_bytes);
}

std::string_view condition_name(FileCondition condition) noexcept {
    switch (condition) {
        case FileCondition::clean:
            return "clean";
        case FileCondition::in_use:
            return "in_use";
        case FileCondition::interrupted:
            return "interrupted";
    }
    return "unknown";
}

Json stats_json(const Stats& stats) {
    const auto alive = std::count_if(stats.processes.begin(), stats.processes.end(), [](const auto& p) { return p.alive; });
    const std::uint64_t gets = stats.counters.hits + stats.counters.misses;
    return {{"condition", condition_name(stats.condition)},
            {"processes_alive", alive},
            {"processes_dead", static_cast<std::int64_t>(stats.processes.size()) - alive},
            {"hit_ratio", gets == 0 ? Json() : Json(static_cast<double>(stats.counters.hits) / static_cast<double>(gets))},
            {"counters", counters_json(stats.counters)},
            {"records", stats.records},
            {"record_bytes", stats.record_bytes},
            {"capacity", stats.capacity},
            {"reservation", stats.reservation},
            {"committed_bytes", stats.committed_bytes},
            {"index_bytes", stats.index_bytes},
            {"fixed_bytes", stats.fixed_bytes},
            {"segment_bytes", stats.segment_bytes},
            {"dead_bytes", stats.dead_bytes},
            {"unused_bytes", unused_bytes(stats)},
            {"slots", stats.slots},
            {"load", stats.load},
            {"shards", stats.shards},
            {"segment_size", stats.segment_size},
            {"segments", stats.segments},
            {"oldest_ms", stats.oldest_ms},
            {"flush_epoch", stats.flush_epoch},
            {"recoveries", stats.recoveries}};
}

}  // namespace larder::tools
