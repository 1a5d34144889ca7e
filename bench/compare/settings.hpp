// What the command line asks for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace larder::bench {

enum class Effort : std::uint8_t { quick, normal, full };

struct Settings {
    Effort effort = Effort::normal;
    unsigned rounds = 0;  ///< 0: from the effort
    std::uint64_t slice_ms = 0;
    double scale = 1;
    bool by_processor_time = false;
    std::vector<std::string> only;       ///< names of stores; empty: all
    std::vector<std::string> workloads;  ///< empty: all
    std::string dir = "/dev/shm";
    std::string disk_dir;
    std::string json;
    std::string charts;
    bool list = false;
    bool help = false;

    bool wants_store(const std::string& name) const;
    bool wants_workload(const std::string& name) const;
};

/// Throws std::invalid_argument naming the argument that is wrong.
Settings parse_settings(int count, const char* const* arguments);
/// What may be said on the command line.
const char* usage();

}  // namespace larder::bench
