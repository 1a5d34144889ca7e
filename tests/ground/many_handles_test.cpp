// Handles opened and closed thousands of times leave nothing behind; more than there is room for are told so.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using namespace larder;
using namespace larder::tests;

namespace {

std::size_t count_mappings() {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) ++count;
    return count;
}

Options options_for(bool read_only) {
    Options options;
    options.capacity = std::uint64_t{1} << 20;
    options.max_processes = 8;
    options.read_only = read_only;
    options.survive_truncation = true;
    return options;
}

}  // namespace

TEST_CASE("ten thousand times opened and closed leaves no descriptor, mapping or index behind") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    Cache first = opened(Cache::create(path, options_for(false)));
    REQUIRE_OK(first.set("key", "value"));
    std::size_t files = 0;
    std::size_t mappings = 0;
    const std::uint64_t rounds = iterations(10'000);
    for (std::uint64_t i = 0; i < rounds; ++i) {
        // What is set up once a process is, after some rounds.
        if (i == 100) {
            files = count_files("/proc/self/fd");
            mappings = count_mappings();
        }
        auto cache = Cache::open(path, options_for(i % 3 == 0));
        REQUIRE_OK(cache);
        // The first free place is taken again each time.
        if (i % 300 == 1) REQUIRE(stats_of(*cache).processes.size() == 2);
        std::string value;
        REQUIRE_OK(cache->get("key", value));
        REQUIRE_OK(cache->close());
    }
    CHECK(count_files("/proc/self/fd") == files);
    CHECK(count_mappings() <= mappings + 2);
    CHECK(stats_of(first).processes.size() == 1);
    require_clean(first);
    std::cout << rounds << " times opened and closed\n";
}

TEST_CASE("opening that fails leaves nothing behind either") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    std::vector<Cache> handles;
    handles.push_back(opened(Cache::create(path, options_for(false))));
    while (handles.size() < 8) handles.push_back(opened(Cache::open(path, options_for(false))));
    write_file(directory.file("letter"), std::string(10'000, 'x'));
    const std::size_t files = count_files("/proc/self/fd");
    const std::size_t mappings = count_mappings();
    for (int i = 0; i < 1000; ++i) {
        REQUIRE_CODE(Cache::open(path, options_for(false)), Code::too_many);
        REQUIRE_CODE(Cache::open(directory.file("letter"), options_for(i % 2 == 0)), Code::not_a_cache);
        REQUIRE_CODE(Cache::create(path, options_for(false)), Code::exists);
    }
    CHECK(count_files("/proc/self/fd") == files);
    CHECK(count_mappings() <= mappings + 2);
    CHECK(count_files(directory.path()) == 2);
}

TEST_CASE("a full process table says so, and what to do") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c");
    std::vector<Cache> handles;
    handles.push_back(opened(Cache::create(path, options_for(false))));
    while (handles.size() < 8) handles.push_back(opened(Cache::open(path, options_for(false))));
    const auto refused = Cache::open(path, options_for(false));
    REQUIRE_CODE(refused, Code::too_many);
    for (const char* part : {path.c_str(), "all 8 ", "max_processes", "read_only"}) {
        INFO("message: " << refused.status().message());
        CHECK(refused.status().message().find(part) != std::string::npos);
    }
    REQUIRE_OK(Cache::open(path, options_for(true)));
    REQUIRE_OK(handles[3].close());
    REQUIRE_OK(Cache::open(path, options_for(false)));
}
