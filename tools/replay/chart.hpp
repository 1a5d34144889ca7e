// Miss ratios by capacity as an SVG drawing: capacity on a logarithmic axis, a line for each store or policy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace larder::tools::replay {

struct Series {
    struct Point {
        std::uint64_t capacity = 0;
        double miss_ratio = 0;
    };
    std::string name;
    std::vector<Point> points;  ///< by rising capacity
    bool prominent = false;     ///< drawn thick, on top
};

/// REQUIRES: at least one point.
std::string draw_chart(const std::string& title, const std::vector<Series>& all);

}  // namespace larder::tools::replay
