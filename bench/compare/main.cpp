#include "compare/chart.hpp"
#include "compare/measure.hpp"
#include "compare/peer.hpp"

#include <sys/stat.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#ifndef LARDER_BENCH_MISSING
#define LARDER_BENCH_MISSING ""
#endif

namespace {

using namespace larder::bench;

std::vector<std::string> missing_stores() {
    std::vector<std::string> names;
    std::istringstream list(LARDER_BENCH_MISSING);
    for (std::string name; list >> name;) names.push_back(name);
    return names;
}

void list_stores() {
    for (const Peer& peer : peers()) std::cout << peer.traits.name << ": " << peer.traits.says << "\n";
    for (const std::string& name : missing_stores()) std::cout << name << ": not built, its package was missing\n";
}

void check_names(const Settings& settings) {
    for (const std::string& name : settings.only) {
        if (name != "limit" && find_peer(name) == nullptr) throw std::invalid_argument("--only: no store called " + name);
    }
    for (const std::string& name : settings.workloads) {
        bool known = name == "fill";
        for (const Workload& workload : kWorkloads) known = known || workload.name == name;
        if (!known) throw std::invalid_argument("--workloads: no workload called " + name);
    }
}

int run(const Settings& settings) {
    check_names(settings);
    Report report = measure(settings);
    report.missing = missing_stores();
    print_tables(std::cout, report);
    print_targets(std::cout, report);
    if (!settings.json.empty()) {
        std::ofstream file(settings.json);
        write_json(file, report);
        if (!file.flush()) throw std::runtime_error("cannot write " + settings.json);
    }
    if (!settings.charts.empty()) {
        mkdir(settings.charts.c_str(), 0755);
        write_charts(settings.charts, report);
        std::cout << "\ncharts: " << settings.charts << "\n";
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const Settings settings = parse_settings(count, arguments);
        if (settings.help) {
            std::cout << usage();
            return 0;
        }
        if (settings.list) {
            list_stores();
            return 0;
        }
        return run(settings);
    } catch (const std::invalid_argument& trouble) {
        std::cerr << "compare: " << trouble.what() << "\n" << usage();
        return 2;
    } catch (const std::exception& trouble) {
        std::cerr << "compare: " << trouble.what() << "\n";
        return 1;
    }
}
