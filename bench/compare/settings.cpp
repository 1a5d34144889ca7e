#include "compare/settings.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace larder::bench {

namespace {

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    std::istringstream stream(list);
    for (std::string part; std::getline(stream, part, ',');) {
        if (!part.empty()) parts.push_back(part);
    }
    return parts;
}

double positive(const std::string& name, const std::string& text) {
    std::size_t used = 0;
    double number = 0;
    try {
        number = std::stod(text, &used);
    } catch (const std::exception&) {
        used = 0;
    }
    if (used != text.size() || used == 0 || !(number > 0)) throw std::invalid_argument(name + " needs a positive number");
    return number;
}

bool set_flag(Settings& settings, const std::string& name) {
    if (name == "--quick")
        settings.effort = Effort::quick;
    else if (name == "--full")
        settings.effort = Effort::full;
    else if (name == "--processor-time")
        settings.by_processor_time = true;
    else if (name == "--list")
        settings.list = true;
    else if (name == "--help" || name == "-h")
        settings.help = true;
    else
        return false;
    return true;
}

bool set_option(Settings& settings, const std::string& name, const std::string& value) {
    if (name == "--only")
        settings.only = split(value);
    else if (name == "--workloads")
        settings.workloads = split(value);
    else if (name == "--rounds")
        settings.rounds = static_cast<unsigned>(positive(name, value));
    else if (name == "--slice-ms")
        settings.slice_ms = static_cast<std::uint64_t>(positive(name, value));
    else if (name == "--scale")
        settings.scale = positive(name, value);
    else if (name == "--dir")
        settings.dir = value;
    else if (name == "--disk-dir")
        settings.disk_dir = value;
    else if (name == "--json")
        settings.json = value;
    else if (name == "--charts")
        settings.charts = value;
    else
        return false;
    return true;
}

bool holds(const std::vector<std::string>& list, const std::string& name) {
    return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

bool Settings::wants_store(const std::string& name) const {
    if (holds(only, name)) return true;
    // "limit" stands for all the limits.
    return holds(only, "limit") && name.rfind("limit", 0) == 0;
}

bool Settings::wants_workload(const std::string& name) const { return holds(workloads, name); }

Settings parse_settings(int count, const char* const* arguments) {
    Settings settings;
    for (int i = 1; i < count; ++i) {
        const std::string name = arguments[i];
        if (set_flag(settings, name)) continue;
        if (i + 1 == count) throw std::invalid_argument(name + ": unknown, or its value is missing");
        if (!set_option(settings, name, arguments[++i])) throw std::invalid_argument(name + ": unknown");
    }
    if (settings.scale > 10) throw std::invalid_argument("--scale: at most 10");
    return settings;
}

const char* usage() {
    return "compare: Larder and its peers side by side, as ratios to the physical limit measured in the same run\n"
           "  --quick             three to four minutes; all but Larder hold an eighth of the records\n"
           "  --full              more rounds, longer slices\n"
           "  --only A,B          these stores only (--list names them; \"limit\" is all the limits)\n"
           "  --workloads A,B     of fill, A, latency, Am, B, C, D, Dm, E, Em (the fill always happens)\n"
           "  --rounds N          slices of each store a cell\n"
           "  --slice-ms N        length of a slice\n"
           "  --scale X           so many times the records\n"
           "  --processor-time    rates a second of processor time: for trial runs on a machine that others use\n"
           "  --dir DIR           where files are made (default /dev/shm)\n"
           "  --disk-dir DIR      a directory on a real disk: Larder and LMDB are measured there as well\n"
           "  --json FILE         all figures\n"
           "  --charts DIR        SVG charts\n"
           "  --list              the stores this program was built with\n";
}

}  // namespace larder::bench
