// What an operator does when something is wrong: verify --repair, recover, procs, stat.
#include "engine/format/geometry.hpp"
#include "engine/format/shard.hpp"
#include "tests/tools/tool.hpp"

#include <larder/cache.hpp>
#include <larder/mapped_file.hpp>

#include <cstddef>

#include <unistd.h>

using namespace larder::tests;

namespace {

/// Changes the value of a key in the file.
void spoil(const std::string& cache, const std::string& value) {
    auto bytes = read_file(cache);
    const auto place = bytes.find(value);
    REQUIRE(place != std::string::npos);
    const auto file = larder::MappedFile::open(cache);
    REQUIRE(file.ok());
    auto view = file->view(place, 1);
    REQUIRE(view.ok());
    REQUIRE(view->write<char>(0, '#').ok());
}

bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

/// The lock of the only shard of a cache made with --shards 1 and else as create() makes them.
std::uint64_t lock_place() {
    const auto geometry = larder::format::plan_geometry({4U << 20U, 0, 1, 0, larder::Options{}.max_processes});
    REQUIRE(geometry.ok());
    return geometry->shard_at(0) + offsetof(larder::format::ShardHeader, lock);
}

void set_lock(const std::string& cache, std::uint32_t word) {
    const auto file = larder::MappedFile::open(cache);
    REQUIRE(file.ok());
    auto view = file->view();
    REQUIRE(view.ok());
    REQUIRE(view->write<std::uint32_t>(lock_place(), word).ok());
}

}  // namespace

TEST_CASE("verify --repair says what it found, did and lost") {
    const Tool tool;
    const auto c = tool.create();
    for (const auto* key : {"a", "b", "c"}) tool.expect(0, {"set", c, key, "the value of " + std::string(key)});
    CHECK(tool.expect(0, {"verify", c, "--repair"}).err == "larder: verify: " + c + ": nothing to repair\n");
    auto attached = larder::Cache::open(c);
    REQUIRE(attached.ok());
    spoil(c, "the value of b");
    const auto found = tool.expect(4, {"verify", c});
    CHECK(says(found.out, "problem: shard "));
    CHECK(says(found.out, "does not have its checksum"));
    const auto repaired = tool.expect(0, {"verify", c, "--repair"});
    CHECK(repaired.err == "larder: verify: " + c + ": repaired; 1 record lost, 2 kept\n");
    for (const auto* words : {"problem: shard ", "kept", "lost"}) CHECK(says(repaired.out, words));
    CHECK(tool.expect(0, {"verify", c}).err.empty());
    tool.expect(1, {"get", c, "b"});
    CHECK(tool.expect(0, {"get", c, "a"}).out == "the value of a");
    REQUIRE(attached->set("b", "again").ok());
}

TEST_CASE("verify --repair --json is one document") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "a", "the value of a"});
    spoil(c, "the value of a");
    const auto outcome = tool.expect(0, {"verify", c, "--repair", "--json"});
    CHECK(outcome.err.empty());
    const auto json = outcome.json();
    CHECK(json.at("clean") == true);
    CHECK(json.at("lost") == 1);
    CHECK(json.at("records") == 0);
    CHECK(json.at("before").at("clean") == false);
    CHECK(json.at("before").at("problems").size() == 1);
    CHECK(tool.expect(0, {"verify", c, "--repair", "--json"}).json().at("before").at("clean") == true);
}

TEST_CASE("recover goes through a file that nobody uses") {
    const Tool tool;
    const auto c = tool.create();
    for (const auto* key : {"a", "b", "c"}) tool.expect(0, {"set", c, key, "the value of " + std::string(key)});
    CHECK(tool.expect(0, {"recover", c, "--json"}).json() ==
          nlohmann::json::parse(R"({"found": 3, "kept": 3, "dropped": 0, "bytes": 72})"));
    spoil(c, "the value of b");
    {
        auto attached = larder::Cache::open(c);
        REQUIRE(attached.ok());
        CHECK(says(tool.expect(6, {"recover", c}).err, "while others are attached for writing"));
    }
    const auto table = tool.expect(0, {"recover", c}).out;
    CHECK(says(table, "found    3  records\n"));
    CHECK(says(table, "kept     2 "));
    CHECK(says(table, "dropped  1 "));
    tool.expect(1, {"get", c, "b"});
    CHECK(tool.expect(0, {"get", c, "c"}).out == "the value of c");
    CHECK(tool.expect(0, {"stat", c, "--json"}).json().at("recoveries") == 2);
    tool.expect(3, {"recover", tool.file("absent")});
    tool.expect(3, {"recover", tool.written("text", std::string(10'000, 't'))});
}

TEST_CASE("exit code 6 names who holds the lock, and procs shows it") {
    const Tool tool;
    const auto c = tool.create("c", {"--capacity", "4MiB", "--shards", "1"});
    tool.expect(0, {"set", c, "k", "v"});
    auto attached = larder::Cache::open(c);
    REQUIRE(attached.ok());
    const std::string pid = std::to_string(::getpid());
    set_lock(c, 1);
    for (const auto& arguments : {Tool::Arguments{"set", c, "k", "w"}, Tool::Arguments{"del", c, "k"},
                                  Tool::Arguments{"clear", c}, Tool::Arguments{"verify", c, "--repair"}}) {
        auto with_timeout = arguments;
        with_timeout.insert(with_timeout.end(), {"--timeout", "20ms"});
        CHECK(says(tool.expect(6, with_timeout).err, pid));
    }
    CHECK(tool.expect(0, {"get", c, "k"}).out == "v");
    const auto process = tool.expect(0, {"procs", c, "--json"}).json().at("processes").at(0);
    CHECK(process.at("pid") == ::getpid());
    CHECK(process.at("locked_shards") == nlohmann::json::parse("[0]"));
    CHECK(says(tool.expect(0, {"procs", c}).out, "  0  "));
    set_lock(c, 0);
    tool.expect(0, {"set", c, "k", "w"});
    CHECK(tool.expect(0, {"procs", c, "--json"}).json().at("processes").at(0).at("locked_shards").empty());
}

TEST_CASE("stat says whether the cache is healthy, and why gets miss") {
    const Tool tool;
    const auto c = tool.create("c", {"--capacity", "1MiB"});
    const auto never_asked = tool.expect(0, {"stat", c});
    CHECK(says(never_asked.out, "closed by its last user"));
    CHECK(says(never_asked.out, "0 attached for writing"));
    CHECK(tool.expect(0, {"stat", c, "--json"}).json().at("hit_ratio").is_null());
    {
        auto cache = larder::Cache::open(c);
        REQUIRE(cache.ok());
        for (int i = 0; i < 3; ++i) (void)cache->get("absent");
        REQUIRE(cache->set("k", "v").ok());
        REQUIRE(cache->get("k").ok());
        CHECK(says(tool.expect(0, {"stat", c}).out, "never set"));
        const auto json = tool.expect(0, {"stat", c, "--json"}).json();
        CHECK(json.at("hit_ratio") == 0.25);
        CHECK(json.at("condition") == "in_use");
        CHECK(json.at("processes_alive") == 1);
        CHECK(json.at("processes_dead") == 0);
        CHECK(json.at("disk_bytes") > 0);
        CHECK(json.at("segment_bytes") == json.at("record_bytes").get<std::uint64_t>() +
                                              json.at("dead_bytes").get<std::uint64_t>() +
                                              json.at("unused_bytes").get<std::uint64_t>());
        for (int i = 0; i < 3000; ++i) REQUIRE(cache->set("key " + std::to_string(i), std::string(1000, 'v')).ok());
    }
    CHECK(says(tool.expect(0, {"stat", c}).out, "a larger capacity would help"));
}
