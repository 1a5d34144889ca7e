// A process that works on a cache: CACHE JOURNAL NUMBER SEED OPERATIONS evicting|complete reads|writes busy|never-busy
#include "tests/support/worker.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

namespace {

int work(char** arguments) {
    using namespace larder;
    using namespace larder::tests;
    WorkerOptions options;
    options.number = static_cast<std::uint32_t>(std::strtoul(arguments[3], nullptr, 10));
    options.seed = std::strtoull(arguments[4], nullptr, 10) + options.number;
    const auto operations = std::strtoull(arguments[5], nullptr, 10);
    options.evicting = std::string_view(arguments[6]) == "evicting";
    options.read_only = std::string_view(arguments[7]) == "reads";
    options.may_be_busy = std::string_view(arguments[8]) == "busy";
    Options opening;
    opening.read_only = options.read_only;
    opening.timeout = options.may_be_busy ? std::chrono::milliseconds(50) : std::chrono::seconds(20);
    const ReadCheck checks[]{ReadCheck::always, ReadCheck::never};
    opening.read_check = checks[options.number % 2];
    auto cache = Cache::open(arguments[1], opening);
    if (!cache.ok()) throw WrongAnswer("open: " + cache.status().message());
    const Journal journal(arguments[2]);
    Worker worker(*cache, journal, options);
    worker.run(options.read_only ? 0 : operations);
    const Status closed = cache->close();
    if (!closed.ok()) throw WrongAnswer("close: " + closed.message());
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 9) return 2;
    try {
        return work(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
