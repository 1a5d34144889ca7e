// The commands about one key: what they store, what they say, what their exit codes are.
#include "tests/tools/tool.hpp"

using namespace larder::tests;

TEST_CASE("set and get take and give exactly the bytes") {
    const Tool tool;
    const auto c = tool.create();
    CHECK(tool.expect(0, {"set", c, "k", "v"}).out.empty());
    CHECK(tool.expect(0, {"get", c, "k"}).out == "v");
    tool.expect(0, {"set", c, "k", "a longer one\n"});
    CHECK(tool.expect(0, {"get", c, "k"}).out == "a longer one\n");
}

TEST_CASE("a value comes from stdin where none is given, or -") {
    const Tool tool;
    const auto c = tool.create();
    const std::string bytes("\0\xff\r\n\0", 5);
    tool.expect(0, {"set", c, "k"}, bytes);
    CHECK(tool.expect(0, {"get", c, "k"}).out == bytes);
    tool.expect(0, {"set", c, "k", "-"}, "dash");
    CHECK(tool.expect(0, {"get", c, "k"}).out == "dash");
    std::string large(400'000, 'x');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 + i / 251);
    tool.expect(0, {"set", c, "large"}, large);
    CHECK(tool.expect(0, {"get", c, "large"}).out == large);
}

TEST_CASE("empty values are values") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "k", ""}, "not this");
    CHECK(tool.expect(0, {"get", c, "k"}).out.empty());
    CHECK(tool.expect(0, {"get", c, "k", "--json"}).json().at("value") == "");
    tool.expect(0, {"set", c, "k", "v"});
    tool.expect(0, {"set", c, "k"}, "");
    CHECK(tool.expect(0, {"get", c, "k"}).out.empty());
}

TEST_CASE("--hex takes and gives keys and values as hex") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "--hex", "00ff", "DEADbeef00"});
    CHECK(tool.expect(0, {"get", c, "--hex", "00FF"}).out == "deadbeef00\n");
    tool.expect(0, {"set", c, "--hex", "01"}, "6162\n");
    CHECK(tool.expect(0, {"get", c, "\x01"}).out == "ab");
    CHECK(tool.expect(0, {"get", c, "--hex", "01", "--json"}).json().at("value_hex") == "6162");
    tool.expect(0, {"del", c, "--hex", "00ff", "01"});
    CHECK(tool.expect(0, {"keys", c}).out.empty());
    for (const auto* bad : {"0", "zz", "0 "})
        CHECK(tool.expect(2, {"get", c, "--hex", bad}).err.find("is not hex") != std::string::npos);
}

TEST_CASE("keys and values that look like options or commands") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "get", "-5"});
    CHECK(tool.expect(0, {"get", c, "get"}).out == "-5");
    tool.expect(0, {"set", c, "--", "--json", "--hex"});
    CHECK(tool.expect(0, {"get", c, "--", "--json"}).out == "--hex");
    tool.expect(0, {"set", c, "--", "--", "-"}, "in");
    CHECK(tool.expect(0, {"get", c, "--", "--"}).out == "in");
}

TEST_CASE("every key is taken as it is typed, by every command") {
    const Tool tool;
    const auto c = tool.create();
    for (const std::string key : {"[a,b]", "[a]", "[]", "[",  "a,b", "++",  "\x01", "\x01++", "[\"q\"]", "{}", "a=b", "'q'",
                                  "\"q\"", "a b", " ",  "%%", "#",   "\\n", "\n",   "get",    "del",     "-1", "k"}) {
        INFO("key " << key);
        tool.expect(0, {"set", c, key, key});
        CHECK(tool.expect(0, {"get", c, key}).out == key);
        CHECK(tool.expect(0, {"info", c, key, "--json"}).json().at("key") == key);
        tool.expect(0, {"contains", c, key});
        tool.expect(1, {"add", c, key, "x"});
        tool.expect(0, {"replace", c, key, key});
        tool.expect(0, {"touch", c, key, "--ttl", "1h"});
        tool.expect(0, {"append", c, key, key});
        tool.expect(0, {"prepend", c, key, key});
        CHECK(tool.expect(0, {"get", c, key}).out == key + key + key);
        CHECK(tool.expect(0, {"keys", c, "--prefix", key, "-0"}).out == key + std::string(1, '\0'));
        CHECK(tool.expect(0, {"dump", c, "--prefix", key}).out.find("\"value\"") != std::string::npos);
        CHECK(tool.expect(0, {"del", c, key, "--json"}).json().at("removed") == 1);
        CHECK(tool.expect(1, {"get", c, key}).err.find("no such key") != std::string::npos);
        tool.expect(0, {"incr", c, key});
        tool.expect(0, {"decr", c, key});
        tool.expect(0, {"del", c, key});
    }
    CHECK(tool.expect(0, {"keys", c}).out.empty());
}

TEST_CASE("del takes several keys, whatever they look like") {
    const Tool tool;
    const auto c = tool.create();
    const Tool::Arguments keys{"[a,b]", "a", "b", "++", "--json", "-x", "--", "get"};
    for (const auto& key : keys) tool.expect(0, {"set", c, "--", key, "v"});
    tool.expect(0, {"del", c, "[a,b]", "++", "get"});
    CHECK(tool.expect(0, {"get", c, "a"}).out == "v");
    tool.expect(0, {"del", c, "b", "--", "a", "--json", "-x", "--"});
    CHECK(tool.expect(0, {"keys", c}).out.empty());
}

TEST_CASE("an empty key is refused by name, by every command") {
    const Tool tool;
    const auto c = tool.create();
    for (const auto* command : {"get", "set", "add", "replace", "del", "incr", "decr", "append", "prepend", "contains", "info"}) {
        Tool::Arguments arguments{command, c, ""};
        if (std::string_view("set add replace append prepend").find(command) != std::string_view::npos) arguments.push_back("v");
        CHECK(tool.expect(2, arguments).err.find("key") != std::string::npos);
    }
    CHECK(tool.expect(2, {"touch", c, "", "--ttl", "1s"}).err.find("key") != std::string::npos);
    CHECK(tool.expect(2, {"get", c, "", "--json"}).error().at("code") == "invalid_argument");
}

TEST_CASE("add and replace ask for the key's absence and presence") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(1, {"replace", c, "k", "0"});
    tool.expect(0, {"add", c, "k", "1"});
    CHECK(tool.expect(1, {"add", c, "k", "2"}).err == "larder: add: k: exists already\n");
    CHECK(tool.expect(0, {"get", c, "k"}).out == "1");
    tool.expect(0, {"replace", c, "k", "3"});
    CHECK(tool.expect(0, {"get", c, "k"}).out == "3");
}

TEST_CASE("set --if-version stores over that version only") {
    const Tool tool;
    const auto c = tool.create();
    const auto version = tool.expect(0, {"set", c, "k", "1", "--json"}).json().at("version").get<std::uint64_t>();
    tool.expect(0, {"set", c, "k", "2", "--if-version", std::to_string(version)});
    CHECK(tool.expect(1, {"set", c, "k", "3", "--if-version", std::to_string(version)}).err.find("version") != std::string::npos);
    tool.expect(1, {"set", c, "absent", "3", "--if-version", std::to_string(version)});
    CHECK(tool.expect(0, {"get", c, "k"}).out == "2");
}

TEST_CASE("del removes several keys and says which were absent") {
    const Tool tool;
    const auto c = tool.create();
    for (const auto* key : {"a", "b", "d"}) tool.expect(0, {"set", c, key, "v"});
    CHECK(tool.expect(1, {"del", c, "a", "absent", "b"}).err == "larder: del: absent: no such key\n");
    CHECK(tool.expect(0, {"keys", c}).out == "d\n");
    const auto outcome = tool.run({"del", c, "d", "\xff", "--json"});
    CHECK(outcome.exit == 1);
    CHECK(outcome.json() == nlohmann::json::parse(R"({"removed": 1, "absent": [{"key_base64": "/w=="}]})"));
}

TEST_CASE("incr and decr count") {
    const Tool tool;
    const auto c = tool.create();
    CHECK(tool.expect(0, {"incr", c, "n"}).out == "0\n");
    CHECK(tool.expect(0, {"incr", c, "n"}).out == "1\n");
    CHECK(tool.expect(0, {"incr", c, "n", "--by", "41"}).out == "42\n");
    CHECK(tool.expect(0, {"decr", c, "n", "--by", "50"}).out == "-8\n");
    CHECK(tool.expect(0, {"incr", c, "n", "--by", "-2"}).out == "-10\n");
    CHECK(tool.expect(0, {"get", c, "n"}).out == "-10");
    CHECK(tool.expect(0, {"incr", c, "m", "--initial", "100", "--json"}).json() ==
          nlohmann::json::parse(R"({"key":"m","number":100})"));
    tool.expect(0, {"set", c, "word", "x"});
    tool.expect(1, {"incr", c, "word"});
    tool.expect(0, {"set", c, "most", "9223372036854775807"});
    tool.expect(1, {"incr", c, "most"});
    tool.expect(2, {"incr", c, "n", "--by", "two"});
}

TEST_CASE("append and prepend") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(1, {"append", c, "k", "x"});
    tool.expect(1, {"prepend", c, "k", "x"});
    tool.expect(0, {"set", c, "k", "b", "--flags", "7"});
    tool.expect(0, {"append", c, "k"}, "c\n");
    tool.expect(0, {"prepend", c, "k", "a"});
    CHECK(tool.expect(0, {"get", c, "k"}).out == "abc\n");
    CHECK(tool.expect(0, {"info", c, "k", "--json"}).json().at("flags") == 7);
}

TEST_CASE("contains answers by exit code alone") {
    const Tool tool;
    const auto c = tool.create();
    tool.expect(0, {"set", c, "k", "v"});
    const auto yes = tool.run({"contains", c, "k"});
    CHECK((yes.exit == 0 && yes.out.empty() && yes.err.empty()));
    const auto no = tool.run({"contains", c, "absent"});
    CHECK((no.exit == 1 && no.out.empty() && no.err.empty()));
    CHECK(tool.run({"contains", c, "absent", "--json"}).json().at("contains") == false);
}

TEST_CASE("--ttl and --flags are kept, and touch changes the one and not the other") {
    const Tool tool;
    const auto c = tool.create();
    const auto expiry = [&] {
        const auto info = tool.expect(0, {"info", c, "k", "--json"}).json();
        CHECK(info.at("flags") == 4294967295U);
        CHECK(info.at("value_size") == 5);
        return info.value("expires_at", std::int64_t{0});
    };
    tool.expect(0, {"set", c, "k", "value", "--flags", "4294967295", "--ttl", "2h"});
    const auto first = expiry();
    CHECK(first > 0);
    tool.expect(0, {"set", c, "k", "other", "--flags", "4294967295", "--ttl", "keep"});
    CHECK(expiry() == first);
    tool.expect(0, {"touch", c, "k", "--ttl", "1d"});
    CHECK(expiry() > first);
    tool.expect(0, {"touch", c, "k", "--ttl", "never"});
    CHECK(expiry() == 0);
    CHECK(tool.expect(0, {"info", c, "k"}).out.find("never") != std::string::npos);
    tool.expect(1, {"touch", c, "absent", "--ttl", "1s"});
    tool.expect(0, {"set", c, "k", "v", "--ttl", "0s"});
    tool.expect(1, {"get", c, "k"});
}

TEST_CASE("what is no TTL, number of flags or duration is refused by name") {
    const Tool tool;
    const auto c = tool.create();
    for (const auto* ttl : {"10", "", "s", "1x", "-5s", "1.s", "99999999999999999999d", "1 fortnight"}) {
        const auto err = tool.expect(2, {"set", c, "k", "v", "--ttl", ttl}).err;
        CHECK(err.find("--ttl") != std::string::npos);
    }
    for (const auto* flags : {"4294967296", "-1", "x", ""}) {
        CHECK(tool.expect(2, {"set", c, "k", "v", "--flags", flags}).err.find("--flags") != std::string::npos);
    }
    tool.expect(2, {"get", c, "k", "--timeout", "5"});
    tool.expect(2, {"touch", c, "k"});
    for (const auto* ttl : {"1500ms", "10s", "5m", "2h", "1d", "1.5h", "never", "keep"})
        tool.expect(0, {"set", c, "k", "v", "--ttl", ttl});
}
