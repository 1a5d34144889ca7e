// Micro benchmarks of Larder alone, by Google Benchmark. Besides its flags: --dir=DIR, --large-records=N.
#include "micro/fixture.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

namespace {

/// Takes what is ours off the command line.
bool take(const std::string& word) {
    using larder::bench::micro_settings;
    const auto value_of = [&](const std::string& name) { return word.substr(name.size()); };
    if (word.rfind("--dir=", 0) == 0) {
        micro_settings().dir = value_of("--dir=");
    } else if (word.rfind("--large-records=", 0) == 0) {
        micro_settings().large_records =
            static_cast<std::uint32_t>(std::strtoul(value_of("--large-records=").c_str(), nullptr, 10));
    } else {
        return false;
    }
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    int kept = 1;
    for (int i = 1; i < count; ++i) {
        if (!take(arguments[i])) arguments[kept++] = arguments[i];
    }
    if (larder::bench::micro_settings().large_records < 1000) {
        std::fprintf(stderr, "--large-records: at least 1000\n");
        return 2;
    }
    benchmark::Initialize(&kept, arguments);
    if (benchmark::ReportUnrecognizedArguments(kept, arguments)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    larder::bench::remove_caches();
    return 0;
}
