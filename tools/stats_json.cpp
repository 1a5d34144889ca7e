#include "stats_json.hpp"

#include <nlohmann/json.hpp>

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
    Json json{{"index", process.index}, {"pid", process.pid},   {"pid_namespace", process.pid_namespace},
              {"uid", process.uid},     {"name", process.name}, {"attached_at_ms", process.attached_at_ms},
              {"alive", process.alive}};
    if (with_counters) json["counters"] = counters_json(process.counters);
    return json;
}

Json stats_json(const Stats& stats) {
    return {{"counters", counters_json(stats.counters)},
            {"records", stats.records},
            {"record_bytes", stats.record_bytes},
            {"capacity", stats.capacity},
            {"reservation", stats.reservation},
            {"committed_bytes", stats.committed_bytes},
            {"index_bytes", stats.index_bytes},
            {"fixed_bytes", stats.fixed_bytes},
            {"segment_bytes", stats.segment_bytes},
            {"dead_bytes", stats.dead_bytes},
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
