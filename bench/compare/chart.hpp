// SVG charts of a report, written without any library.
#pragma once

#include "compare/report.hpp"

#include <string>

namespace larder::bench {

/// throughput.svg, scaling.svg and latency.svg in an existing directory; those for which there are figures.
void write_charts(const std::string& directory, const Report& report);

}  // namespace larder::bench
