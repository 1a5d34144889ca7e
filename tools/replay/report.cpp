#include "replay/report.hpp"

#include "quantity.hpp"
#include "stats_json.hpp"
#include "table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace larder::tools::replay {
namespace {

std::string formatted(const char* format, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string percent(std::uint64_t part, std::uint64_t whole) { return formatted("%.2f%%", 100 * Outcome::ratio(part, whole)); }

double per_second(std::uint64_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }

void add_outcome(Table& table, const Outcome& outcome) {
    table.row({"requests", std::to_string(outcome.requests)});
    table.row({"gets", std::to_string(outcome.gets)});
    table.row({"hit ratio", ratio_text(1 - outcome.miss_ratio()), "by bytes", ratio_text(1 - outcome.byte_miss_ratio())});
    table.row({"miss ratio", ratio_text(outcome.miss_ratio()), "by bytes", ratio_text(outcome.byte_miss_ratio())});
    if (outcome.expired != 0) table.row({"expired", std::to_string(outcome.expired), "of the misses"});
    table.row({"values stored", std::to_string(outcome.stores)});
    if (outcome.refused != 0) table.row({"values refused", std::to_string(outcome.refused), "too large, or no space"});
    if (outcome.removes != 0) table.row({"removes", std::to_string(outcome.removes)});
    table.row({"evictions", std::to_string(outcome.evictions)});
    table.row({"records held", std::to_string(outcome.records)});
}

void add_space(Table& table, const SpaceUse& use, std::uint64_t records) {
    const auto part = [&](const char* name, std::uint64_t bytes) {
        table.row({name, size_text(bytes), percent(bytes, use.capacity)});
    };
    part("keys and values", use.payload);
    part("overhead", use.overhead());
    part("  headers and padding", use.framing);
    part("  index and ghosts", use.index);
    part("  dead bytes", use.dead);
    part("  tails and spares", use.unfilled);
    part("  free segments", use.uncommitted);
    part("  fixed areas", use.fixed);
    if (records != 0) {
        const double each = static_cast<double>(use.overhead()) / static_cast<double>(records);
        table.row({"overhead a record", formatted("%.1f B", each)});
    }
}

Json space_json(const SpaceUse& use) {
    return {{"capacity", use.capacity}, {"payload", use.payload}, {"overhead", use.overhead()}, {"framing", use.framing},
            {"index", use.index},       {"dead", use.dead},       {"unfilled", use.unfilled},   {"uncommitted", use.uncommitted},
            {"fixed", use.fixed}};
}

template <class T>
std::size_t place_of(std::vector<T>& all, const T& one) {
    const auto found = std::find(all.begin(), all.end(), one);
    const auto place = static_cast<std::size_t>(found - all.begin());
    if (found == all.end()) all.push_back(one);
    return place;
}

}  // namespace

std::string ratio_text(double ratio) { return formatted("%.4f", ratio); }

std::string describe(const Run& run, bool values_checked) {
    Table table;
    table.row({"capacity", size_text(run.capacity)});
    add_outcome(table, run.outcome);
    if (run.cache) {
        const CacheRun& cache = *run.cache;
        const Counters& counters = cache.stats.counters;
        table.row({"records moved", std::to_string(counters.moved)});
        table.row({"hit-counter writes", std::to_string(counters.hit_marks),
                   ratio_text(Outcome::ratio(counters.hit_marks, run.outcome.gets)) + " a get"});
        if (values_checked) table.row({"wrong values", std::to_string(cache.wrong_values)});
        add_space(table, cache.space, run.outcome.records);
        table.row({"shards", std::to_string(cache.stats.shards)});
        table.row({"segments", std::to_string(cache.stats.segments), "of " + size_text(cache.stats.segment_size)});
        table.row({"index load", percent(cache.stats.records, cache.stats.slots)});
    }
    if (run.seconds) {
        table.row({"seconds", formatted("%.2f", *run.seconds)});
        table.row({"requests a second", formatted("%.0f", per_second(run.outcome.requests, *run.seconds))});
    }
    return table.text();
}

std::string compare(const std::vector<Run>& runs) {
    std::vector<std::string> stores;
    std::vector<std::uint64_t> capacities;
    for (const Run& run : runs) {
        place_of(stores, run.store);
        place_of(capacities, run.capacity);
    }
    std::vector<std::vector<std::string>> cells(stores.size(), std::vector<std::string>(capacities.size() + 1));
    for (std::size_t i = 0; i < stores.size(); ++i) cells[i][0] = stores[i];
    for (const Run& run : runs) {
        cells[place_of(stores, run.store)][place_of(capacities, run.capacity) + 1] =
            ratio_text(run.outcome.miss_ratio()) + " (" + ratio_text(run.outcome.byte_miss_ratio()) + ")";
    }
    Table table;
    std::vector<std::string> head{"miss ratio (by bytes)"};
    for (const std::uint64_t capacity : capacities) head.push_back(size_text(capacity));
    table.row(head);
    for (auto& row : cells) table.row(std::move(row));
    return table.text();
}

Json run_json(const Run& run, bool values_checked) {
    const Outcome& outcome = run.outcome;
    Json json{{"store", run.store},
              {"capacity", run.capacity},
              {"requests", outcome.requests},
              {"gets", outcome.gets},
              {"misses", outcome.misses},
              {"expired", outcome.expired},
              {"miss_ratio", outcome.miss_ratio()},
              {"hit_ratio", 1 - outcome.miss_ratio()},
              {"byte_miss_ratio", outcome.byte_miss_ratio()},
              {"byte_hit_ratio", 1 - outcome.byte_miss_ratio()},
              {"stores", outcome.stores},
              {"refused", outcome.refused},
              {"removes", outcome.removes},
              {"evictions", outcome.evictions},
              {"records", outcome.records}};
    if (run.seconds) {
        json["seconds"] = *run.seconds;
        json["requests_per_second"] = per_second(outcome.requests, *run.seconds);
    }
    if (!run.cache) return json;
    json["hit_marks_per_get"] = Outcome::ratio(run.cache->stats.counters.hit_marks, outcome.gets);
    if (values_checked) json["wrong_values"] = run.cache->wrong_values;
    json["space"] = space_json(run.cache->space);
    json["stats"] = stats_json(run.cache->stats);
    return json;
}

}  // namespace larder::tools::replay
