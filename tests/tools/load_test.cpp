// dump and load: what goes out comes back, and what cannot come in is named by its line.
#include "tests/tools/tool.hpp"

#include <map>
#include <sstream>

using namespace larder::tests;

namespace {

/// The records of a dump by their keys, without the versions.
std::map<std::string, nlohmann::json> records_of(const std::string& dump) {
    std::map<std::string, nlohmann::json> records;
    std::istringstream lines(dump);
    for (std::string line; std::getline(lines, line);) {
        auto record = nlohmann::json::parse(line);
        CHECK(record.at("version").get<std::uint64_t>() > 0);
        record.erase("version");
        const auto key = record.contains("key")       ? record["key"]
                         : record.contains("key_hex") ? record["key_hex"]
                                                      : record["key_base64"];
        CHECK(records.emplace(key.get<std::string>(), record).second);
    }
    return records;
}

std::string value_of(const Tool& tool, const std::string& cache, const std::string& key) {
    return tool.expect(0, {"get", cache, key}).out;
}

void fill(const Tool& tool, const std::string& c) {
    tool.expect(0, {"set", c, "plain", "text with \"quotes\", \\ and\ttabs\n"});
    tool.expect(0, {"set", c, "flags", "v", "--flags", "4294967295"});
    tool.expect(0, {"set", c, "timed", "v", "--ttl", "2h", "--flags", "9"});
    tool.expect(0, {"set", c, "empty", ""});
    tool.expect(0, {"set", c, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc2\x80 utf-8"});
    tool.expect(0, {"set", c, "\xff\xfe"}, std::string("\0\xff\x80", 3));
    // Each is not UTF-8 in its own way: overlong, a surrogate, beyond U+10FFFF, cut off.
    for (const auto* key : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) tool.expect(0, {"set", c, key, key});
    tool.expect(0, {"set", c, "--hex", "00010d0a00", "00"});
    std::string all;
    for (int i = 0; i < 100'000; ++i) all += static_cast<char>(i % 256);
    tool.expect(0, {"set", c, "all bytes"}, all);
}

struct Bad {
    std::string format;
    std::string line;
    std::string words;
    int exit = 2;
};

std::vector<Bad> bad_lines() {
    const std::string large(300'000, 'x');
    return {
        {"ndjson", "{", "is not JSON"},
        {"ndjson", "[1]", "is not a JSON object"},
        {"ndjson", R"({"value":"v"})", "has no key"},
        {"ndjson", R"({"key":"k"})", "has no value"},
        {"ndjson", R"({"key":"k","key_hex":"00","value":"v"})", "more than one key"},
        {"ndjson", R"({"key":7,"value":"v"})", "key is not a string"},
        {"ndjson", R"({"key_hex":"7","value":"v"})", "key_hex '7' is not hex"},
        {"ndjson", R"({"key":"k","value_base64":"YQ"})", "value_base64 'YQ' is not base64"},
        {"ndjson", R"({"key":"k","value_base64":"YR=="})", "is not base64"},
        {"ndjson", R"({"key":"k","value_base64":"===="})", "is not base64"},
        {"ndjson", R"({"key":"k","value":"v","expire_at":5})", "'expire_at'"},
        {"ndjson", R"({"key":"k","value":"v","flags":4294967296})", "flags 4294967296"},
        {"ndjson", R"({"key":"k","value":"v","flags":-1})", "flags is not a whole number"},
        {"ndjson", R"({"key":"k","value":"v","expires_at":1e999})", "number"},
        {"ndjson", R"({"key":"","value":"v"})", "key ''"},
        {"ndjson", R"({"key":"k","value":")" + large + "\"}", "above the limit", 5},
        {"ndjson", R"({"key":"k","value":")" + large + large + large + large + large + "\"}", "longer than any record"},
        {"csv", "lonely", "has 1 field;"},
        {"csv", "a,b,1,2,3", "has 5 fields;"},
        {"csv", "a,b\"c", "double quote in a field"},
        {"csv", "a,\"b\"c", "behind a closing double quote"},
        {"csv", "a,b,soon", "ttl_ms 'soon'"},
        {"csv", "a,b,-1", "ttl_ms '-1'"},
        {"csv", "a,b,,4294967296", "flags '4294967296'"},
        {"csv", "a," + large + large + large + large + large, "larger than any"},
        {"tsv", "a,b", "has 1 field;"},
    };
}

/// A good line, a blank one, the bad one, and a good one.
std::string around(const Bad& bad) {
    const auto row = [&bad](const std::string& key) {
        if (bad.format == "ndjson") return R"({"key":")" + key + R"(","value":"v"})" + "\n";
        return key + (bad.format == "csv" ? "," : "\t") + "v\n";
    };
    return row("first") + "\n" + bad.line + "\n" + row("last");
}

}  // namespace

TEST_CASE("dump | load brings everything back") {
    const Tool tool;
    const auto from = tool.create("from");
    fill(tool, from);
    const auto before = records_of(tool.expect(0, {"dump", from}).out);
    CHECK(before.size() == 12);
    for (const Tool::Arguments& how : {Tool::Arguments{}, Tool::Arguments{"--hex"}, Tool::Arguments{"--base64"}}) {
        Tool::Arguments dump{"dump", from};
        dump.insert(dump.end(), how.begin(), how.end());
        const auto to = tool.create(how.empty() ? "text" : how.front());
        const auto load = tool.expect(0, {"load", to}, tool.expect(0, dump).out);
        CHECK(load.err == "larder: load: 12 loaded\n");
        CHECK(records_of(tool.expect(0, {"dump", to}).out) == before);
    }
}

TEST_CASE("dump says what it says in help") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "a1", "\xff"});
    tool.expect(0, {"set", c, "b1", "text", "--flags", "5"});
    auto records = records_of(tool.expect(0, {"dump", c}).out);
    CHECK(records.at("a1") == nlohmann::json::parse(R"({"key": "a1", "value_base64": "/w=="})"));
    CHECK(records.at("b1") == nlohmann::json::parse(R"({"key": "b1", "value": "text", "flags": 5})"));
    records = records_of(tool.expect(0, {"dump", c, "--prefix", "b"}).out);
    CHECK((records.size() == 1 && records.contains("b1")));
    records = records_of(tool.expect(0, {"dump", c, "--hex", "--prefix", "61"}).out);
    CHECK(records.at("6131") == nlohmann::json::parse(R"({"key_hex": "6131", "value_hex": "ff"})"));
    tool.expect(2, {"dump", c, "--hex", "--base64"});
}

TEST_CASE("load leaves out what has expired") {
    const Tool tool;
    const auto c = tool.create();
    const std::string rows = R"({"key":"past","value":"v","expires_at":1000})"
                             "\n"
                             R"({"key":"future","value":"v","expires_at":99999999999999})"
                             "\n";
    CHECK(tool.expect(0, {"load", c}, rows).err == "larder: load: 1 loaded, 1 expired already and left out\n");
    CHECK(tool.expect(0, {"info", c, "future", "--json"}).json().at("expires_at") == 99999999999999);
    tool.expect(1, {"get", c, "past"});
}

TEST_CASE("load reads CSV by RFC 4180") {
    const Tool tool;
    const auto c = tool.create();
    const auto csv = tool.written("rows.csv",
                                  "\xEF\xBB\xBFplain,value\r\n"
                                  "\"quoted, key\",\"a \"\"word\"\"\r\nand a line\"\r\n"
                                  "\r\n"
                                  "empty,\n"
                                  "\"\"\"\",\"\"\n"
                                  "timed,v,7200000\n"
                                  "flagged,v,,17\n"
                                  "never,v,0,0\n"
                                  "cr,a\rb\n"
                                  "tab\tkey,last without a line break");
    CHECK(tool.expect(0, {"load", c, csv, "--json"}).json() ==
          nlohmann::json::parse(R"({"loaded": 9, "expired": 0, "bad": 0, "problems": []})"));
    CHECK(value_of(tool, c, "plain") == "value");
    CHECK(value_of(tool, c, "quoted, key") == "a \"word\"\r\nand a line");
    CHECK(value_of(tool, c, "empty").empty());
    CHECK(value_of(tool, c, "\"").empty());
    CHECK(value_of(tool, c, "cr") == "a\rb");
    CHECK(value_of(tool, c, "tab\tkey") == "last without a line break");
    CHECK(tool.expect(0, {"info", c, "timed", "--json"}).json().contains("expires_at"));
    CHECK_FALSE(tool.expect(0, {"info", c, "never", "--json"}).json().contains("expires_at"));
    CHECK(tool.expect(0, {"info", c, "flagged", "--json"}).json().at("flags") == 17);
}

TEST_CASE("load reads TSV, headers in any order, and hex") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"load", c}, "a,b\tc,d\n\"q\tq\"\t\"x\ny\"\n");
    CHECK(value_of(tool, c, "a,b") == "c,d");
    CHECK(value_of(tool, c, "q\tq") == "x\ny");
    tool.expect(0, {"load", c, "--format", "csv", "--header"}, "flags,value,key\n3,v,k\n");
    CHECK(value_of(tool, c, "k") == "v");
    CHECK(tool.expect(0, {"info", c, "k", "--json"}).json().at("flags") == 3);
    tool.expect(0, {"load", c, "--hex"}, "00ff,ff00\n");
    CHECK(tool.expect(0, {"get", c, "--hex", "00ff"}).out == "ff00\n");
    CHECK(tool.expect(0, {"load", c, "--format", "csv", "--header"}, "").err == "larder: load: 0 loaded\n");
    for (const auto* header : {"key,colour\na,b\n", "key,key\na,b\n", "key,flags\na,1\n"}) {
        const auto outcome = tool.run({"load", c, "--header", "--skip-bad"}, header);
        CHECK(outcome.exit == 2);
        CHECK(outcome.err.find("stdin:1: the header names") != std::string::npos);
    }
    CHECK(tool.run({"load", c, "--header"}, "{}\n").exit == 2);
}

TEST_CASE("a bad line is named, and ends the load or is skipped") {
    const Tool tool;
    const auto c = tool.create("c", {"--capacity", "1MiB"});
    for (const auto& bad : bad_lines()) {
        INFO(bad.format << " " << bad.line.substr(0, 100));
        tool.expect(0, {"clear", c});
        const auto rows = around(bad);
        const auto ended = tool.run({"load", c, "--format", bad.format}, rows);
        CHECK(ended.exit == bad.exit);
        CHECK(ended.err.find("larder: load: stdin:3: ") != std::string::npos);
        CHECK(ended.err.find(bad.words) != std::string::npos);
        CHECK(ended.err.find("larder: load: 1 loaded, 1 bad and left out\n") != std::string::npos);
        CHECK(tool.expect(0, {"keys", c}).out == "first\n");
        const auto skipped = tool.expect(0, {"load", c, "--format", bad.format, "--skip-bad", "--json"}, rows).json();
        CHECK((skipped.at("loaded") == 2 && skipped.at("bad") == 1));
        CHECK(skipped.at("problems").at(0).at("line") == 3);
        CHECK(value_of(tool, c, "last") == "v");
    }
}

TEST_CASE("line numbers count the lines inside of quotes, and a quote left open is named where its row begins") {
    const Tool tool;
    const auto c = tool.create();
    CHECK(tool.run({"load", c, "--format", "csv"}, "a,\"1\n2\n3\"\nb\n").err.find("stdin:4: has 1 field;") != std::string::npos);
    const auto open = tool.run({"load", c, "--format", "csv"}, "a,b\nc,\"d\ne,f\n");
    CHECK(open.exit == 2);
    CHECK(open.err.find("stdin:2: has a double quote that is never closed") != std::string::npos);
}

TEST_CASE("formats are told apart by ending and by content") {
    const Tool tool;
    const auto c = tool.create();
    const std::string json = R"({"key":"json","value":"v"})";
    tool.expect(0, {"load", c, tool.written("a.jsonl", json)});
    tool.expect(0, {"load", c, tool.written("a.unknown", "\n" + json)});
    tool.expect(0, {"load", c, tool.written("a.csv", "{csv},v")});
    tool.expect(0, {"load", c, tool.written("a.tsv", "ts,v\tv")});
    tool.expect(0, {"load", c, "-"}, "tab\tv");
    tool.expect(0, {"load", c, "-"}, "comma,v\tv");
    for (const auto* key : {"json", "{csv}", "ts,v", "tab"}) CHECK(value_of(tool, c, key) == "v");
    CHECK(tool.expect(0, {"keys", c, "--prefix", "comma"}).out == "comma,v\n");
    CHECK(tool.run({"load", c, tool.file("absent.csv")}).exit == 3);
}
