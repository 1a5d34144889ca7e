// What goes wrong: the exit code, and one line that names the culprit.
#include "tests/tools/tool.hpp"

#include <larder/cache.hpp>

#include <csignal>

#include <sys/stat.h>

using namespace larder::tests;

namespace {

bool complains(const Outcome& outcome, std::string_view words) { return outcome.err.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("exit code 1: no such key, with a message that cannot harm a terminal") {
    const Tool tool;
    const auto c = tool.create();
    CHECK(tool.expect(1, {"get", c, "absent"}).err == "larder: get: absent: no such key\n");
    CHECK(tool.expect(1, {"get", c, "\033[2J\n\xff"}).err == "larder: get: \\x1b[2J\\x0a\\xff: no such key\n");
    tool.expect(1, {"info", c, "absent"});
}

TEST_CASE("exit code 2: the command line is wrong") {
    const Tool tool;
    const auto c = tool.create();
    CHECK(complains(tool.expect(2, {}), "a command is required"));
    CHECK(complains(tool.expect(2, {"frobnicate", c}), "'frobnicate': no such command"));
    CHECK(complains(tool.expect(2, {"get"}), "larder: get: FILE is required"));
    CHECK(complains(tool.expect(2, {"get", c}), "KEY is required"));
    CHECK(complains(tool.expect(2, {"get", c, "k", "--frobnicate"}), "--frobnicate"));
    CHECK(complains(tool.expect(2, {"get", c, "k", "more"}), "more"));
    CHECK(complains(tool.expect(2, {"load", c, "--format", "xml"}), "xml"));
    tool.expect(2, {"set", c, "", "empty key"});
}

TEST_CASE("exit code 3: the cache cannot be opened") {
    const Tool tool;
    const auto absent = tool.file("absent");
    for (const auto* command : {"get", "contains", "info", "del", "incr", "append"}) {
        CHECK(complains(tool.expect(3, {command, absent, "k"}), absent));
    }
    for (const auto* command : {"keys", "stat", "procs", "dump", "load", "flush", "verify", "clear"}) {
        CHECK(complains(tool.expect(3, {command, absent}), absent));
    }
    CHECK(complains(tool.expect(3, {"resize", absent, "2MiB"}), absent));
    const std::string sentence = "this is no cache, but is long enough to be one. ";
    std::string text;
    for (int i = 0; i < 1000; ++i) text += sentence;
    const auto not_a_cache = tool.written("text", text);
    CHECK(tool.run({"get", not_a_cache, "k", "--json"}).error().at("code") == "not_a_cache");
    tool.expect(3, {"set", not_a_cache, "k", "v"});
    CHECK(read_file(not_a_cache) == text);
    tool.expect(3, {"get", tool.directory(), "k"});
    tool.expect(3, {"get", tool.written("empty", ""), "k"});
    tool.expect(3, {"create", tool.file("no/such/directory")});
}

TEST_CASE("exit code 3: the output cannot be written") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "k", "v"});
    const auto full = tool.run_into("/dev/full", {"get", c, "k"});
    CHECK(full.exit == 3);
    CHECK(full.err == "larder: get: stdout: No space left on device\n");
    // Closed from the start: the cache file must not become descriptor 1.
    const auto before = read_file(c);
    const auto closed = tool.run_into("", {"get", c, "k"});
    CHECK(closed.exit == 3);
    CHECK(read_file(c) == before);
    CHECK(tool.run_into("", {"contains", c, "k"}).exit == 0);
}

TEST_CASE("a broken pipe ends quietly, and by its signal") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "k", std::string(100'000, 'v')});
    for (const auto& arguments : {Tool::Arguments{"get", c, "k"}, Tool::Arguments{"dump", c}, Tool::Arguments{"stat", c}}) {
        const auto outcome = tool.run_into_broken_pipe(arguments);
        CHECK(outcome.signal == SIGPIPE);
        CHECK(outcome.err.empty());
    }
}

TEST_CASE("exit code 4: bytes of the cache fail a check") {
    const Tool tool;
    const auto c = tool.create();
    const std::string value = "a value that is easy to find in the file";
    tool.expect(0, {"set", c, "k", value});
    auto bytes = read_file(c);
    const auto place = bytes.find(value);
    REQUIRE(place != std::string::npos);
    bytes[place] = 'A';
    write_file(c, bytes);
    const auto outcome = tool.expect(4, {"verify", c});
    CHECK(outcome.out.find("problem: ") != std::string::npos);
    const auto json = tool.run({"verify", c, "--json"});
    CHECK(json.exit == 4);
    CHECK(json.json().at("clean") == false);
    CHECK_FALSE(json.json().at("problems").empty());
    CHECK(tool.run({"get", c, "k"}).out.empty());
}

TEST_CASE("exit code 5: too large") {
    const Tool tool;
    const auto c = tool.create("c", {"--capacity", "1MiB"});
    tool.expect(0, {"set", c, "k", "old"});
    CHECK(complains(tool.expect(5, {"set", c, "k"}, std::string(300'000, 'x')), "larger than"));
    tool.expect(5, {"set", c, "--hex", "6b"}, std::string(600'000, '0'));
    CHECK(tool.expect(0, {"get", c, "k"}).out == "old");
    tool.expect(5, {"set", c, std::string(65'536, 'k'), "v"});
    tool.expect(0, {"set", c, std::string(65'535, 'k'), "v"});
    tool.expect(0, {"set", c, "fits"}, std::string(131'072 - 4096, 'x'));
}

TEST_CASE("exit code 6: too many processes") {
    const Tool tool;
    const auto c = tool.create("c", {"--capacity", "1MiB", "--max-processes", "8"});
    std::vector<larder::Result<larder::Cache>> handles;
    for (int i = 0; i < 8; ++i) {
        handles.push_back(larder::Cache::open(c));
        REQUIRE(handles.back().ok());
    }
    CHECK(tool.run({"set", c, "k", "v", "--json"}).error().at("exit_code") == 6);
    tool.expect(6, {"set", c, "k", "v", "--timeout", "50ms"});
    tool.expect(1, {"get", c, "k"});
    handles.pop_back();
    tool.expect(0, {"set", c, "k", "v"});
}

TEST_CASE("what only reads needs no write permission, and what writes says that it does") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "k", "v"});
    REQUIRE(::chmod(c.c_str(), 0444) == 0);
    CHECK(tool.run_as_nobody({"get", c, "k"}).out == "v");
    CHECK(tool.run_as_nobody({"keys", c}).out == "k\n");
    for (const auto* command : {"stat", "procs", "dump", "verify"}) CHECK(tool.run_as_nobody({command, c}).exit == 0);
    for (const auto* command : {"contains", "info"}) CHECK(tool.run_as_nobody({command, c, "k"}).exit == 0);
    CHECK(tool.run_as_nobody({"get", c, "absent"}).exit == 1);
    const auto refused = tool.run_as_nobody({"set", c, "k", "w"});
    CHECK(refused.exit == 3);
    CHECK(complains(refused, c));
    REQUIRE(::chmod(c.c_str(), 0400) == 0);
    if (::geteuid() == 0) CHECK(tool.run_as_nobody({"get", c, "k"}).exit == 3);
}

TEST_CASE("--json makes errors documents as well") {
    const Tool tool;
    const auto c = tool.create();
    const auto absent = tool.expect(1, {"get", c, "absent", "--json"});
    CHECK(absent.out.empty());
    CHECK(absent.error() ==
          nlohmann::json::parse(R"({"command": "get", "code": "not_found", "message": "absent: no such key", "exit_code": 1})"));
    const auto usage = tool.expect(2, {"get", "--json"}).error();
    CHECK(usage.at("command") == "get");
    CHECK(usage.at("code") == "usage");
    CHECK(tool.expect(3, {"get", tool.file("\xff"), "k", "--json"}).error().at("code") == "no_such_file");
    CHECK(tool.expect(1, {"--json", "get", c, "absent"}).error().at("code") == "not_found");
    CHECK(tool.expect(2, {"--json"}).error().at("message") == "a command is required (see larder --help)");
    // What was done before the failure is said.
    const auto load = tool.expect(2, {"load", c, "--json"}, "a,1\nb,2\nlonely\n");
    CHECK(load.json().at("loaded") == 2);
    CHECK(load.json().at("problems").at(0).at("line") == 3);
    CHECK(load.error().at("code") == "bad_input");
    // Behind --, it is a key.
    CHECK(complains(tool.expect(1, {"get", c, "--", "--json"}), "larder: get: --json: no such key"));
}
