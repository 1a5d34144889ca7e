#include "compare/chart.hpp"

#include "compare/median.hpp"
#include "compare/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <optional>

namespace larder::bench {

namespace {

const std::string kGrey = "#ddd";
constexpr double kRow = 14;
constexpr double kGap = 30;
constexpr double kLabels = 150;
constexpr double kBars = 420;
constexpr double kNumbers = 60;

std::string color_of(Kind kind) {
    switch (kind) {
        case Kind::limit:
            return "#9a9a9a";
        case Kind::larder:
            return "#d1495b";
        case Kind::shared:
            return "#2e6f95";
        case Kind::server:
            return "#7aa95c";
        case Kind::private_map:
            return "#edae49";
    }
    return "#000";
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), value >= 100 ? "%.0f" : value >= .1 ? "%.2f" : "%.3f", value);
    return text;
}

/// One bar: who, how long, how it is written.
struct Bar {
    std::string name;
    double value;
    std::string color;
};

/// A group of bars under one heading.
struct Group {
    std::string title;
    std::vector<Bar> bars;
    double mark = 0;  ///< where a line stands: the limit, or a target; 0: none
};

/// From a value to a share of the width.
using Scale = std::function<double(double)>;

double height_of(const std::vector<Group>& groups) {
    double height = 70;
    for (const Group& group : groups) height += kGap + kRow * static_cast<double>(group.bars.size());
    return height;
}

void draw_legend(Svg& svg, double y) {
    const std::array<std::pair<Kind, const char*>, 5> kinds{{{Kind::larder, "Larder"},
                                                             {Kind::shared, "persistent, shared"},
                                                             {Kind::server, "server, Unix socket"},
                                                             {Kind::private_map, "private map"},
                                                             {Kind::limit, "physical limits"}}};
    double x = 12;
    for (const auto& [kind, words] : kinds) {
        svg.rectangle(x, y - 9, 10, 10, color_of(kind));
        svg.text(x + 14, y, words, 11);
        x += 128;
    }
}

void draw(const std::string& path, const std::string& title, const std::vector<Group>& groups, const Scale& scale) {
    if (groups.empty()) return;
    Svg svg(kLabels + kBars + kNumbers + 24, height_of(groups));
    svg.text(12, 22, title, 15);
    draw_legend(svg, 44);
    double y = 60;
    for (const Group& group : groups) {
        svg.text(12, y + 14, group.title, 12.5);
        y += 20;
        for (const Bar& bar : group.bars) {
            const double width = std::clamp(scale(bar.value), 0.0, 1.0) * kBars;
            svg.text(kLabels - 6, y + kRow - 4, bar.name, 11, Svg::Anchor::end);
            svg.rectangle(kLabels, y + 2, std::max(width, .5), kRow - 3, bar.color);
            svg.text(kLabels + width + 5, y + kRow - 4, number(bar.value), 10);
            y += kRow;
        }
        if (group.mark > 0) {
            const double x = kLabels + std::clamp(scale(group.mark), 0.0, 1.0) * kBars;
            svg.line(x, y - kRow * static_cast<double>(group.bars.size()), x, y, "#000", 1);
        }
        svg.line(12, y + 5, kLabels + kBars + kNumbers, y + 5, kGrey);
        y += kGap - 20;
    }
    svg.write(path);
}

const Cell* cell_of(const Line& line, std::string_view workload, Mode mode) {
    const auto row = line.cells.find(std::string(workload));
    if (row == line.cells.end()) return nullptr;
    const auto cell = row->second.find(mode);
    return cell == row->second.end() || cell->second.own.empty() ? nullptr : &cell->second;
}

void draw_throughput(const std::string& path, const Report& report, Mode mode) {
    std::vector<Group> groups;
    double longest = 1;
    for (const Workload& workload : kWorkloads) {
        if (workload.operation == Operation::latency) continue;
        Group group{std::string(workload.name) + ": " + std::string(workload.says), {}, 1};
        for (const Line& line : report.lines) {
            const Cell* cell = cell_of(line, workload.name, mode);
            if (cell == nullptr) continue;
            group.bars.push_back({line.name, cell->ratio(), color_of(line.kind)});
            longest = std::max(longest, cell->ratio());
        }
        if (!group.bars.empty()) groups.push_back(std::move(group));
    }
    // The root keeps both the sockets and the batches readable.
    draw(path,
         "Throughput as a ratio to the physical limit (b), " + std::string(kModeNames[static_cast<std::size_t>(mode)]) +
             "; line: the limit; root scale",
         groups, [longest](double value) { return std::sqrt(value / longest); });
}

void draw_scaling(const std::string& path, const Report& report) {
    std::vector<Group> groups;
    for (const Workload& workload : kWorkloads) {
        for (const Mode mode : {Mode::two_threads, Mode::two_processes}) {
            Group group{std::string(workload.name) + ", " + std::string(kModeNames[static_cast<std::size_t>(mode)]), {}, 2};
            for (const Line& line : report.lines) {
                const Cell* one = cell_of(line, workload.name, Mode::one);
                const Cell* two = cell_of(line, workload.name, mode);
                if (one == nullptr || two == nullptr) continue;
                group.bars.push_back({line.name, two->rate() / one->rate(), color_of(line.kind)});
            }
            if (!group.bars.empty()) groups.push_back(std::move(group));
        }
    }
    draw(path, "Throughput of two over throughput of one; line: twice", groups, [](double value) { return value / 2.5; });
}

void draw_latency(const std::string& path, const Report& report) {
    struct Figure {
        const char* name;
        double SliceResult::*which;
    };
    std::vector<Group> groups;
    for (const Figure& figure : {Figure{"p50", &SliceResult::p50}, Figure{"p99", &SliceResult::p99},
                                 Figure{"p99.9", &SliceResult::p999}, Figure{"p99.99", &SliceResult::p9999}}) {
        Group group{std::string(figure.name) + ", nanoseconds", {}, 0};
        std::vector<double> limits;
        for (const Line& line : report.lines) {
            const Cell* cell = cell_of(line, "latency", Mode::one);
            if (cell == nullptr) continue;
            group.bars.push_back({line.name, cell->figure(figure.which), color_of(line.kind)});
            limits.push_back(cell->limit_figure(figure.which));
        }
        if (group.bars.empty()) continue;
        group.mark = median(limits);
        groups.push_back(std::move(group));
    }
    draw(path, "Latency of a get of A; line: limit (b); logarithmic from 100 ns to 1 ms", groups,
         [](double value) { return (std::log10(std::max(value, 100.0)) - 2) / 4; });
}

}  // namespace

void write_charts(const std::string& directory, const Report& report) {
    draw_throughput(directory + "/throughput-1-thread.svg", report, Mode::one);
    draw_throughput(directory + "/throughput-2-threads.svg", report, Mode::two_threads);
    draw_throughput(directory + "/throughput-2-processes.svg", report, Mode::two_processes);
    draw_scaling(directory + "/scaling.svg", report);
    draw_latency(directory + "/latency.svg", report);
}

}  // namespace larder::bench
