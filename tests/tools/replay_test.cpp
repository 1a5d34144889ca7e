// larder replay: what it counts, by which clock, where it reads from, and the forms of its answer. The miss
// ratio of a real trace is the same in each run: the hash of the keys has a fixed seed.
#include "tests/tools/tool.hpp"

#include <sstream>

using namespace larder::tests;

namespace {

const std::string kTrace = LARDER_TEST_DATA "/kv-web12.csv.zst";

const nlohmann::json& run_of(const nlohmann::json& answer, const std::string& store) {
    for (const auto& run : answer.at("runs")) {
        if (run.at("store") == store) return run;
    }
    FAIL("no run of " << store << " in " << answer.dump());
    return answer;
}

/// Simulations and the cache are what they always were. Who changes the policy, or what a record takes, changes the cache's
/// ratio here, and says why in engine/segments/POLICY.md.
void require_known_ratios(const nlohmann::json& answer) {
    CHECK(run_of(answer, "fifo").at("miss_ratio").get<double>() == Approx(0.2693).margin(0.0001));
    CHECK(run_of(answer, "lru").at("miss_ratio").get<double>() == Approx(0.2356).margin(0.0001));
    CHECK(run_of(answer, "sieve").at("miss_ratio").get<double>() == Approx(0.2182).margin(0.0001));
    CHECK(run_of(answer, "s3fifo").at("miss_ratio").get<double>() == Approx(0.2131).margin(0.0001));
    CHECK(run_of(answer, "belady").at("miss_ratio").get<double>() < 0.19);
    const auto& larder = run_of(answer, "larder");
    CHECK(larder.at("miss_ratio").get<double>() == Approx(0.22703).margin(0.00005));
    CHECK(larder.at("gets") == 95'607);
    CHECK(larder.at("wrong_values") == 0);
    CHECK(larder.at("hit_marks_per_get").get<double>() < 0.25);
}

}  // namespace

TEST_CASE("replay: a real trace through the cache and past simulated policies") {
    const Tool tool;
    const auto answer = tool.expect(0, {"replay", kTrace, "--capacity", "1MiB", "--seed", "1", "--check", "--verify", "--against",
                                        "fifo,lru,sieve,s3fifo,belady", "--json"})
                            .json();
    require_known_ratios(answer);
    const auto& space = run_of(answer, "larder").at("space");
    std::uint64_t sum = 0;
    for (const auto* part : {"payload", "framing", "index", "dead", "unfilled", "uncommitted", "fixed"}) {
        sum += space.at(part).get<std::uint64_t>();
    }
    CHECK(sum == space.at("capacity"));
}

TEST_CASE("replay: requests are counted, and records expire by the clock of the trace") {
    const Tool tool;
    const std::string trace =
        "time,key,size,op,ttl\n"
        "0,1,100,get,10\n"   // misses, stored until 10
        "9,1,100,get,10\n"   // hits
        "10,1,100,get,10\n"  // expired: misses, stored until 20
        "11,2,50,set,0\n"    // stored for ever
        "1000000,2,50,get,0\n"
        "1000001,2,50,delete,0\n"
        "1000002,2,50,get,0\n"  // misses
        "1000003,word,7,get,0\n";
    const auto answer = tool.expect(0, {"replay", "-", "--capacity", "1MiB", "--against", "lru", "--json"}, trace).json();
    for (const auto* store : {"larder", "lru"}) {
        const auto& run = run_of(answer, store);
        INFO(run.dump());
        CHECK(run.at("requests") == 8);
        CHECK(run.at("gets") == 6);
        CHECK(run.at("misses") == 4);
        CHECK(run.at("expired") == 1);
        CHECK(run.at("removes") == 1);
        CHECK(run.at("records") == 3);
        CHECK(run.at("byte_miss_ratio").get<double>() == Approx(257.0 / 407));
    }
}

TEST_CASE("replay: the answer for people, and a chart") {
    const Tool tool;
    const auto chart = tool.file("chart.svg");
    const auto out = tool.expect(0, {"replay", kTrace, "--capacity", "1MiB,2MiB", "--against", "lru,s3fifo", "--svg", chart}).out;
    for (const auto* words : {"miss ratio", "overhead a record", "dead bytes", "s3fifo"}) {
        INFO(words);
        CHECK(out.find(words) != std::string::npos);
    }
    const auto svg = read_file(chart);
    CHECK(svg.rfind("<svg", 0) == 0);
    CHECK(svg.find("</svg>") != std::string::npos);
    CHECK(svg.find("kv-web12") != std::string::npos);
}

TEST_CASE("replay: targets are judged by the traces that are there") {
    const Tool tool;
    // Every key comes twice in a row: half of the gets miss, where 64 % may.
    std::ostringstream trace;
    for (int i = 0; i < 1000; ++i) trace << "0," << i / 2 << ",4096,get,0\n";
    tool.written("io-p3.csv", trace.str());
    const auto judged = tool.run({"replay", "--targets", tool.directory(), "--against", "lru", "--json"});
    CHECK(judged.exit == 1);
    const auto answer = judged.json();
    CHECK(answer.at("reached") == false);
    for (const auto& target : answer.at("targets")) {
        const bool there = target.at("trace") == "io-p3";
        CHECK(target.at("verdict") == (there ? "stretch" : "no trace"));
        if (!there) continue;
        CHECK(target.at("value").get<double>() == Approx(0.5));
        CHECK(target.at("others").at("lru").get<double>() == Approx(0.5));
    }
}

TEST_CASE("replay: what is no trace is refused by line") {
    const Tool tool;
    const auto refusal = [&](std::string_view text) {
        return tool.expect(2, {"replay", "-", "--capacity", "1MiB", "--json"}, text).error().at("message").get<std::string>();
    };
    CHECK(refusal("0,1,ten,get,0\n").find(":1: size 'ten'") != std::string::npos);
    CHECK(refusal("0,1,10,get,0\n0,2,10,leap,0\n").find(":2: op 'leap'") != std::string::npos);
    CHECK(refusal("time,key\n0,1\n").find("size") != std::string::npos);
    CHECK(refusal("").find("no requests") != std::string::npos);
    const auto cut = read_file(kTrace).substr(0, 10'000);
    CHECK(refusal(cut).find("ends in the middle") != std::string::npos);
    tool.expect(2, {"replay", kTrace});
    tool.expect(2, {"replay", kTrace, "--capacity", "1MiB", "--against", "wishes"});
}
