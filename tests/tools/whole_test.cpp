// The commands about the cache as a whole.
#include "tests/tools/tool.hpp"

#include <larder/cache.hpp>
#include <larder/version.hpp>

#include <algorithm>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

using namespace larder::tests;

namespace {

std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace

TEST_CASE("create makes what it is told to") {
    const Tool tool;
    const auto c = tool.file("c");
    const auto made =
        tool.expect(0, {"create", c, "--capacity", "8MiB", "--reservation", "32MiB", "--shards", "4", "--segment-size", "64KiB",
                        "--expected-records", "1000", "--mode", "0640", "--max-processes", "16", "--json"})
            .json();
    CHECK(made.at("capacity") == 8 << 20);
    CHECK(made.at("reservation") == 32 << 20);
    CHECK(made.at("shards") == 4);
    CHECK(made.at("segment_size") == 64 << 10);
    CHECK(made.at("max_value_size") == 1 << 20);
    struct stat facts {};
    REQUIRE(::stat(c.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0640);
    CHECK(tool.expect(3, {"create", c}).err.find("exists already") != std::string::npos);
    CHECK(tool.expect(0, {"stat", c, "--json"}).json().at("capacity") == 8 << 20);
}

TEST_CASE("sizes are read as people write them") {
    const Tool tool;
    const std::vector<std::pair<std::string, std::uint64_t>> sizes{
        {"2097152", 2097152}, {"2048KiB", 2097152}, {"2MiB", 2097152}, {"2M", 2097152},
        {"3MB", 3000000},     {"1.5MiB", 1572864},  {"2 mib", 2097152}};
    for (const auto& [text, bytes] : sizes) {
        const auto c = tool.file(text);
        tool.expect(0, {"create", c, "--capacity", text});
        // The cache may round to what it can use.
        const auto capacity = tool.expect(0, {"stat", c, "--json"}).json().at("capacity").get<std::uint64_t>();
        CHECK(capacity <= bytes);
        CHECK(capacity + 65536 >= bytes);
    }
    for (const auto* text : {"", "MiB", "-1", "2XiB", "99999999TiB", "0x10", "1..5M"}) {
        CHECK(tool.expect(2, {"create", tool.file("no"), "--capacity", text}).err.find("--capacity") != std::string::npos);
    }
    tool.expect(2, {"create", tool.file("no"), "--capacity", "1K"});
    tool.expect(2, {"create", tool.file("no"), "--mode", "9"});
    tool.expect(2, {"create", tool.file("no"), "--shards", "3"});
    tool.expect(2, {"create", tool.file("no"), "--segment-size", "8GiB"});
}

TEST_CASE("keys lists, filters and limits") {
    const Tool tool;
    const auto c = tool.create();
    for (const auto* key : {"user:1", "user:2", "user:3", "other", "line\nbreak"})
        tool.expect(0, {"set", c, key, "four", "--flags", "3"});
    CHECK(sorted_lines(tool.expect(0, {"keys", c, "--prefix", "user:"}).out) ==
          std::vector<std::string>{"user:1", "user:2", "user:3"});
    CHECK(tool.expect(0, {"keys", c, "--json", "--limit", "2"}).json().at("keys").size() == 2);
    CHECK(tool.expect(0, {"keys", c, "--limit", "0"}).out.empty());
    CHECK(tool.expect(0, {"keys", c, "--hex", "--prefix", "6c"}).out == "6c696e650a627265616b\n");
    CHECK(tool.expect(0, {"keys", c, "-0", "--prefix", "li"}).out == std::string("line\nbreak\0", 11));
    const auto json = tool.expect(0, {"keys", c, "--json"}).json().at("keys");
    CHECK(json.size() == 5);
    for (const auto& key : json)
        CHECK((key.at("value_size") == 4 && key.at("flags") == 3 && key.contains("key") && key.contains("version")));
    CHECK(tool.expect(0, {"keys", c, "--json", "--prefix", "zz"}).json().at("keys").empty());
}

TEST_CASE("stat counts what was done") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "a", "1"});
    tool.expect(0, {"set", c, "a", "2"});
    tool.expect(0, {"set", c, "b", "2"});
    tool.expect(0, {"del", c, "b"});
    const auto stat = tool.expect(0, {"stat", c, "--json"}).json();
    CHECK(stat.at("records") == 1);
    CHECK(stat.at("counters").at("sets") == 3);
    CHECK(stat.at("counters").at("replaced") == 1);
    CHECK(stat.at("counters").at("removes") == 1);
    CHECK_FALSE(stat.contains("processes"));
    const auto table = tool.expect(0, {"stat", c}).out;
    for (const auto* words : {"capacity", "4.0 MiB (4194304)", "records", "evictions"})
        CHECK(table.find(words) != std::string::npos);
}

TEST_CASE("procs and stat --processes show who is attached") {
    const Tool tool;
    const auto c = tool.create();
    auto cache = larder::Cache::open(c);
    REQUIRE(cache.ok());
    REQUIRE(cache->set("k", "v").ok());
    const auto mine = [](const nlohmann::json& processes) {
        for (const auto& process : processes) {
            if (process.at("pid") == ::getpid()) return process;
        }
        return nlohmann::json();
    };
    const auto listed = mine(tool.expect(0, {"procs", c, "--json"}).json().at("processes"));
    REQUIRE(listed.is_object());
    CHECK(listed.at("alive") == true);
    CHECK(listed.at("uid") == ::getuid());
    CHECK(mine(tool.expect(0, {"stat", c, "--json", "--processes"}).json().at("processes")).at("counters").at("sets") == 1);
    for (const auto& arguments : {Tool::Arguments{"procs", c}, Tool::Arguments{"stat", c, "--processes"}}) {
        const auto table = tool.expect(0, arguments).out;
        CHECK(table.find("alive") != std::string::npos);
        CHECK(table.find(std::to_string(::getpid())) != std::string::npos);
    }
    REQUIRE(cache->close().ok());
    CHECK(mine(tool.expect(0, {"procs", c, "--json"}).json().at("processes")).is_null());
}

TEST_CASE("resize, flush, clear and verify") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "k", "v"});
    CHECK(tool.expect(0, {"resize", c, "8MiB", "--json"}).json().at("capacity") == 8 << 20);
    tool.expect(2, {"resize", c, "1TiB"});
    tool.expect(2, {"resize", c, "12 parsecs"});
    tool.expect(0, {"resize", c, "2MiB"});
    CHECK(tool.expect(0, {"get", c, "k"}).out == "v");
    tool.expect(0, {"flush", c});
    CHECK(tool.expect(0, {"stat", c, "--json"}).json().at("counters").at("flushes") >= 1);
    const auto verified = tool.expect(0, {"verify", c, "--json"}).json();
    CHECK(verified.at("clean") == true);
    CHECK(verified.at("records") == 1);
    CHECK(verified.at("problems").empty());
    CHECK(tool.expect(0, {"verify", c}).out.find("problems") != std::string::npos);
    tool.expect(0, {"clear", c});
    tool.expect(1, {"get", c, "k"});
    CHECK(tool.expect(0, {"keys", c}).out.empty());
}

TEST_CASE("version says the library's and the format's") {
    const Tool tool;
    const auto json = tool.expect(0, {"version", "--json"}).json();
    CHECK(json.at("version") == larder::version());
    CHECK(json.at("format_version") == larder::format_version());
    CHECK(tool.expect(0, {"version"}).out.find(larder::version()) != std::string::npos);
    CHECK(tool.expect(0, {"--version"}).out == "larder " + std::string(larder::version()) + "\n");
}

TEST_CASE("help names every command, and every command has help") {
    const Tool tool;
    const auto help = tool.expect(0, {"--help"}).out;
    CHECK(help.find("Exit codes") != std::string::npos);
    for (const auto* command :
         {"create", "get",  "set",  "add",   "replace", "del",  "incr",  "decr",   "touch",  "append",  "prepend", "contains",
          "info",   "keys", "stat", "procs", "dump",    "load", "flush", "resize", "verify", "recover", "clear",   "version"}) {
        CHECK(help.find("\n  " + std::string(command) + " ") != std::string::npos);
        const auto own = tool.expect(0, {command, "--help"}).out;
        CHECK(own.find("--json") != std::string::npos);
        CHECK(own.find("Usage: larder " + std::string(command)) != std::string::npos);
    }
}
