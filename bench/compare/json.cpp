#include "compare/report.hpp"

#include "compare/median.hpp"

#include <ostream>

namespace larder::bench {

namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + "\"";
}

void write_latency(std::ostream& out, const Cell& cell) {
    const auto write = [&](const char* name, double SliceResult::*which) {
        out << ", \"" << name << "\": [" << cell.figure(which) << ", " << cell.limit_figure(which) << "]";
    };
    write("p50_ns", &SliceResult::p50);
    write("p99_ns", &SliceResult::p99);
    write("p999_ns", &SliceResult::p999);
    write("p9999_ns", &SliceResult::p9999);
    write("longest_ns", &SliceResult::longest);
}

void write_cell(std::ostream& out, const std::string& workload, Mode mode, const Cell& cell) {
    out << "{\"workload\": " << quoted(workload)
        << ", \"mode\": " << quoted(std::string(kModeNames[static_cast<std::size_t>(mode)])) << ", \"rate\": " << cell.rate()
        << ", \"limit_rate\": " << cell.limit_rate() << ", \"ratio\": " << cell.ratio()
        << ", \"fastest_ratio\": " << cell.fastest_ratio() << ", \"hits\": " << cell.hits()
        << ", \"rounds\": " << cell.own.size();
    if (workload == "latency") write_latency(out, cell);
    out << "}";
}

void write_line(std::ostream& out, const Line& line) {
    out << "    {\"name\": " << quoted(line.name) << ", \"says\": " << quoted(line.says) << ",\n     \"fills\": [";
    const char* comma = "";
    for (const auto& [shape, fill] : line.fills) {
        out << comma << "{\"shape\": " << quoted(std::string(kShapes[static_cast<std::size_t>(shape)].name))
            << ", \"records\": " << fill.records << ", \"rate\": " << median(fill.own)
            << ", \"limit_rate\": " << median(fill.limit) << ", \"ratio\": " << fill.ratio() << ", \"bytes\": " << fill.footprint
            << ", \"limit_bytes\": " << fill.limit_footprint << "}";
        comma = ", ";
    }
    out << "],\n     \"notes\": [";
    comma = "";
    for (const std::string& note : line.notes) {
        out << comma << quoted(note);
        comma = ", ";
    }
    out << "],\n     \"cells\": [";
    comma = "";
    for (const auto& [workload, modes] : line.cells) {
        for (const auto& [mode, cell] : modes) {
            out << comma << "\n      ";
            write_cell(out, workload, mode, cell);
            comma = ",";
        }
    }
    out << "]}";
}

}  // namespace

void write_json(std::ostream& out, const Report& report) {
    out << "{\"machine\": " << quoted(report.machine) << ",\n \"lines\": [\n";
    const char* comma = "";
    for (const Line& line : report.lines) {
        out << comma;
        write_line(out, line);
        comma = ",\n";
    }
    out << "\n]}\n";
}

}  // namespace larder::bench
