#include "compare/report.hpp"

#include "compare/median.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iomanip>
#include <ostream>

namespace larder::bench {

namespace {

double median_of(const std::vector<SliceResult>& slices, double SliceResult::*which) {
    std::vector<double> values;
    for (const SliceResult& slice : slices) values.push_back(slice.*which);
    return median(std::move(values));
}

double upper_tenth(const std::vector<SliceResult>& slices) {
    std::vector<double> rates;
    for (const SliceResult& slice : slices) rates.push_back(slice.rate);
    if (rates.empty()) return 0;
    std::sort(rates.begin(), rates.end(), std::greater<>());
    return rates[rates.size() / 10];
}

std::vector<double> ratios(const Cell& cell, double SliceResult::*which) {
    std::vector<double> values;
    for (std::size_t i = 0; i < std::min(cell.own.size(), cell.limit.size()); ++i) {
        if (cell.limit[i].*which > 0) values.push_back(cell.own[i].*which / (cell.limit[i].*which));
    }
    return values;
}

/// Three digits that count, as ratios are read: 1.02, .853, .0113.
std::string ratio_text(double ratio) {
    char text[32];
    if (ratio >= 9.95)
        std::snprintf(text, sizeof(text), "%.0f", ratio);
    else if (ratio >= .995)
        std::snprintf(text, sizeof(text), "%.2f", ratio);
    else if (ratio >= .0995)
        std::snprintf(text, sizeof(text), ".%02.0f", ratio * 100);
    else
        std::snprintf(text, sizeof(text), ".%03.0f", ratio * 1000);
    return text;
}

const Cell* cell_of(const Line& line, std::string_view workload, Mode mode) {
    const auto row = line.cells.find(std::string(workload));
    if (row == line.cells.end()) return nullptr;
    const auto cell = row->second.find(mode);
    return cell == row->second.end() || cell->second.own.empty() ? nullptr : &cell->second;
}

std::string modes_text(const Line& line, std::string_view workload) {
    if (line.cells.count(std::string(workload)) == 0) return "-";
    std::string text;
    for (const Mode mode : kModes) {
        const Cell* cell = cell_of(line, workload, mode);
        text += (text.empty() ? "" : "/") + (cell == nullptr ? std::string("-") : ratio_text(cell->ratio()));
    }
    return text;
}

const FillCell* large_fill(const Line& line) {
    const auto fill = line.fills.find(Shape::large);
    return fill == line.fills.end() || fill->second.own.empty() ? nullptr : &fill->second;
}

std::string latency_text(const Cell& cell, bool limit) {
    std::string text;
    for (auto which : {&SliceResult::p50, &SliceResult::p99, &SliceResult::p999, &SliceResult::p9999, &SliceResult::longest}) {
        const double ns = limit ? cell.limit_figure(which) : cell.figure(which);
        char number[32];
        if (ns < 99'500)
            std::snprintf(number, sizeof(number), "%.0f", ns);
        else
            std::snprintf(number, sizeof(number), "%.0fk", ns / 1000);
        text += (text.empty() ? "" : "/") + std::string(number);
    }
    return text;
}

void print_limit(std::ostream& out, const Report& report) {
    out << "limit (b), millions a second, median over all pairings:";
    for (const Workload& workload : kWorkloads) {
        std::string text;
        for (const Mode mode : kModes) {
            std::vector<double> rates;
            for (const Line& line : report.lines) {
                if (const Cell* cell = cell_of(line, workload.name, mode)) rates.push_back(cell->limit_rate() / 1e6);
            }
            char number[32];
            std::snprintf(number, sizeof(number), "%.2f", rates.empty() ? 0 : median(rates));
            text += (text.empty() ? " " : "/") + std::string(rates.empty() ? "-" : number);
        }
        if (workload.operation != Operation::latency && text.find_first_not_of(" -/") != std::string::npos) {
            out << "  " << workload.name << text;
        }
    }
    out << "\n";
}

constexpr int kNameWidth = 22;
constexpr int kCellWidth = 17;

void print_throughput(std::ostream& out, const Report& report) {
    out << "\nRatio to limit (b): 1 thread / 2 threads / 2 processes\n" << std::left << std::setw(kNameWidth) << "";
    for (const Workload& workload : kWorkloads) {
        if (workload.operation != Operation::latency) out << std::setw(kCellWidth) << workload.name;
    }
    out << "\n";
    for (const Line& line : report.lines) {
        out << std::setw(kNameWidth) << line.name;
        for (const Workload& workload : kWorkloads) {
            if (workload.operation != Operation::latency) out << std::setw(kCellWidth) << modes_text(line, workload.name);
        }
        out << "\n";
    }
}

void print_fill_and_latency(std::ostream& out, const Report& report) {
    out << "\nFill: million sets a second, one thread, no hint. Bytes: beyond key and value, a record of 100 bytes.\n"
        << "Latency of a get of A in ns: p50/p99/p99.9/p99.99/longest, timer included; limit (b) beside it.\n"
        << std::setw(kNameWidth) << "" << std::setw(10) << "records" << std::setw(8) << "fill" << std::setw(8) << "ratio"
        << std::setw(8) << "bytes" << std::setw(32) << "latency"
        << "limit (b)\n";
    for (const Line& line : report.lines) {
        const FillCell* fill = large_fill(line);
        if (fill == nullptr) continue;
        out << std::setw(kNameWidth) << line.name << std::setw(10) << fill->records << std::fixed << std::setprecision(2)
            << std::setw(8) << median(fill->own) / 1e6 << std::setw(8) << ratio_text(fill->ratio()) << std::setprecision(1)
            << std::setw(8) << fill->footprint;
        if (const Cell* cell = cell_of(line, "latency", Mode::one)) {
            out << std::setw(32) << latency_text(*cell, false) << latency_text(*cell, true);
        }
        out << "\n";
    }
}

void print_target(std::ostream& out, const std::string& what, double measured, double reach, double stretch, bool at_most) {
    const bool reached = at_most ? measured <= reach : measured >= reach;
    const bool stretched = at_most ? measured <= stretch : measured >= stretch;
    out << std::setw(34) << what << std::setw(10)
        << (measured > 20 ? std::to_string(measured).substr(0, 5) : ratio_text(measured)) << (at_most ? "<= " : ">= ")
        << std::setw(8) << (reach > 20 ? std::to_string(reach).substr(0, 4) : ratio_text(reach)) << std::setw(9)
        << (reached ? "reached" : "MISSED") << (stretched ? "  stretch reached" : "") << "\n";
}

void print_workload_targets(std::ostream& out, const Line& line) {
    for (const Workload& workload : kWorkloads) {
        if (workload.reach <= 0) continue;
        for (const Mode mode : kModes) {
            const Cell* cell = cell_of(line, workload.name, mode);
            if (cell == nullptr) continue;
            const std::string mode_name(kModeNames[static_cast<std::size_t>(mode)]);
            if (workload.operation == Operation::latency) {
                print_target(out, "latency of a get of A, p99.9", cell->figure_ratio(&SliceResult::p999), workload.reach,
                             workload.stretch, true);
                continue;
            }
            print_target(out, std::string(workload.name) + ", " + mode_name, cell->ratio(), workload.reach, workload.stretch,
                         false);
            const double fastest = cell->fastest_ratio();
            if (fastest > cell->ratio()) out << "    in each one's fastest slices:     " << ratio_text(fastest) << "\n";
            if (cell->hits() < 1) {
                out << "    of these answered: " << std::setprecision(3) << cell->hits() * 100 << " %\n";
            }
        }
    }
}

void print_scaling(std::ostream& out, const Line& line) {
    out << "scaling over one thread (limit (b)'s own beside it; Larder's target is 1.9, as far as the limit scales):\n";
    for (const Workload& workload : kWorkloads) {
        const Cell* one = cell_of(line, workload.name, Mode::one);
        for (const Mode mode : {Mode::two_threads, Mode::two_processes}) {
            const Cell* two = cell_of(line, workload.name, mode);
            if (one == nullptr || two == nullptr) continue;
            const double own = two->rate() / one->rate();
            const double limit = two->limit_rate() / one->limit_rate();
            const double reach = kScalingReach * std::min(1.0, limit / 2);
            out << std::setw(34) << std::string(workload.name) + ", " + std::string(kModeNames[static_cast<std::size_t>(mode)])
                << std::setprecision(2) << std::setw(10) << own << "limit " << std::setw(6) << limit
                << (own >= reach ? "reached" : "MISSED") << "\n";
        }
    }
}

}  // namespace

double Cell::rate() const { return median_of(own, &SliceResult::rate); }
double Cell::limit_rate() const { return median_of(limit, &SliceResult::rate); }
double Cell::ratio() const { return median(ratios(*this, &SliceResult::rate)); }
double Cell::fastest_ratio() const {
    const double fastest_limit = upper_tenth(limit);
    return fastest_limit > 0 ? upper_tenth(own) / fastest_limit : 0;
}
double Cell::hits() const { return median_of(own, &SliceResult::hits); }
double Cell::figure(double SliceResult::*which) const { return median_of(own, which); }
double Cell::limit_figure(double SliceResult::*which) const { return median_of(limit, which); }
double Cell::figure_ratio(double SliceResult::*which) const { return median(ratios(*this, which)); }

double FillCell::ratio() const {
    std::vector<double> values;
    for (std::size_t i = 0; i < std::min(own.size(), limit.size()); ++i) values.push_back(own[i] / limit[i]);
    return median(std::move(values));
}

Line& Report::line(const std::string& name) {
    for (Line& line : lines) {
        if (line.name == name) return line;
    }
    lines.emplace_back();
    lines.back().name = name;
    return lines.back();
}

void print_tables(std::ostream& out, const Report& report) {
    out << report.machine << "\n";
    if (!report.missing.empty()) {
        out << "Built without:";
        for (const std::string& name : report.missing) out << " " << name;
        out << "\n";
    }
    print_limit(out, report);
    print_throughput(out, report);
    print_fill_and_latency(out, report);
    for (const Line& line : report.lines) {
        for (const std::string& note : line.notes) out << "note: " << line.name << ": " << note << "\n";
    }
}

void print_targets(std::ostream& out, const Report& report) {
    const auto found =
        std::find_if(report.lines.begin(), report.lines.end(), [](const Line& line) { return line.kind == Kind::larder; });
    if (found == report.lines.end()) return;
    out << "\nTargets of " << found->name << " (ratios to limit (b))\n" << std::left << std::fixed;
    if (const FillCell* fill = large_fill(*found)) {
        print_target(out, "fill without a hint", fill->ratio(), kFillReach, kFillStretch, false);
        print_target(out, "bytes a record beyond key and value", fill->footprint, kSpaceReach, kSpaceStretch, true);
    }
    print_workload_targets(out, *found);
    print_scaling(out, *found);
}

}  // namespace larder::bench
