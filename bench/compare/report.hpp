// All that was measured, and how it is shown: a table, the targets, JSON.
#pragma once

#include "compare/settings.hpp"
#include "compare/slice.hpp"
#include "compare/workload.hpp"

#include <iosfwd>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace larder::bench {

/// One store, one workload, one mode: what alternating slices of it and of limit (b) gave.
struct Cell {
    std::vector<SliceResult> own;
    std::vector<SliceResult> limit;

    double rate() const;
    double limit_rate() const;
    /// The median of the ratios of neighbouring slices.
    double ratio() const;
    /// Of the rates that a tenth of each store's slices reach: what is seen when nobody else uses the processor's core.
    double fastest_ratio() const;
    double hits() const;
    /// Of a latency figure, likewise.
    double figure(double SliceResult::*which) const;
    double limit_figure(double SliceResult::*which) const;
    double figure_ratio(double SliceResult::*which) const;
};

struct FillCell {
    std::vector<double> own;
    std::vector<double> limit;
    double footprint = 0;  ///< bytes a record beyond key and value
    double limit_footprint = 0;
    std::uint32_t records = 0;

    double ratio() const;
};

/// A line of the tables.
struct Line {
    std::string name;
    std::string says;
    Kind kind = Kind::shared;
    int rank = 0;
    std::map<std::string, std::map<Mode, Cell>> cells;  ///< by workload
    std::map<Shape, FillCell> fills;
    std::vector<std::string> notes;
};

struct Report {
    std::vector<Line> lines;
    std::vector<std::string> missing;  ///< stores that this program was built without
    std::string machine;

    Line& line(const std::string& name);
};

void print_tables(std::ostream& out, const Report& report);
/// Larder's ratios beside what it is to reach. Prints nothing if Larder was not measured.
void print_targets(std::ostream& out, const Report& report);
void write_json(std::ostream& out, const Report& report);

}  // namespace larder::bench
