#include "arguments.hpp"
#include "commands.hpp"
#include "input.hpp"
#include "progress.hpp"
#include "row.hpp"
#include "session.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace larder::tools {
namespace {

struct LoadArguments {
    CacheFile file;
    std::string input = "-";
    std::string format = "auto";
    bool header = false;
    bool hex = false;
    bool skip_bad = false;
};

/// What became of the rows.
struct Tally {
    std::uint64_t loaded = 0;
    std::uint64_t expired = 0;
    std::uint64_t bad = 0;
    Json problems = Json::array();
};

constexpr std::size_t kMostProblems = 100;

constexpr std::string_view kLoadFooter =
    "Formats, told apart by the name's ending or else by the first line (a '{': NDJSON; a tab: TSV; else CSV):\n"
    "  ndjson  what dump writes, one object a line: key or key_base64 or key_hex, value likewise, expires_at, flags,\n"
    "          version (not used: the cache gives new ones). Other members are refused.\n"
    "  csv     RFC 4180: key,value[,ttl_ms[,flags]]. Double quotes around fields with commas, line breaks or quotes,\n"
    "          quotes doubled. An empty or zero ttl_ms means never. With --header the first row names the columns,\n"
    "          in any order; with --hex keys and values are hex.\n"
    "  tsv     the same with tabs\n"
    "Records whose time has come are left out. Records that are there already are replaced. A bad line ends the load\n"
    "with exit code 2 (5 if it is too large for the cache) and what came before it stays loaded; with --skip-bad it is\n"
    "reported and left out, and the exit code is 0.";

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string format_of(const LoadArguments& arguments, Input& input) {
    if (arguments.format != "auto") return arguments.format;
    const std::string_view name = input.name();
    for (const std::string_view ending : {".ndjson", ".jsonl", ".json"}) {
        if (name.ends_with(ending)) return "ndjson";
    }
    if (name.ends_with(".csv")) return "csv";
    if (name.ends_with(".tsv") || name.ends_with(".tab")) return "tsv";
    const std::string_view some = input.ahead(4096);
    const std::size_t start = some.find_first_not_of(" \t\r\n");
    if (start != std::string_view::npos && some[start] == '{') return "ndjson";
    return some.substr(0, some.find('\n')).find('\t') != std::string_view::npos ? "tsv" : "csv";
}

std::unique_ptr<RowReader> reader_of(const LoadArguments& arguments, Input& input, const Cache& cache) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (input.ahead(kByteOrderMark.size()).starts_with(kByteOrderMark)) input.take(kByteOrderMark.size());
    const std::string format = format_of(arguments, input);
    if (format == "ndjson" && (arguments.header || arguments.hex))
        throw usage_failure("--header and --hex are for csv and tsv; NDJSON names its members");
    RowFormat rows{.header = arguments.header, .hex = arguments.hex};
    // No text of a record is longer than six bytes a byte, as in \u0000, and what stands around it.
    rows.most_bytes = 6 * (cache.max_value_size() + 65'535) + 4096;
    if (format == "ndjson") return read_ndjson(input, rows);
    return read_delimited(input, format == "tsv" ? '\t' : ',', rows);
}

class Loading {
  public:
    Loading(const LoadArguments& arguments, Session& session, Cache& cache, Tally& tally)
        : arguments_(arguments), session_(session), cache_(cache), tally_(tally), progress_(session, "loading") {}

    void run() {
        Input input(arguments_.input);
        name_ = input.name();
        const auto reader = reader_of(arguments_, input, cache_);
        const std::int64_t now = now_ms();
        for (bool more = true; more;) {
            Row row;
            try {
                more = reader->next(row);
            } catch (const BadRow& bad) {
                reject(Failure(ExitCode::usage, "bad_input", place(bad.line()) + bad.what()), bad.line());
                continue;
            }
            if (more) store(row, now);
            progress_.bytes(input.taken(), input.size());
        }
    }

  private:
    void store(const Row& row, std::int64_t now) {
        if (row.options.ttl.is_absolute() && row.options.ttl.milliseconds() <= now) {
            ++tally_.expired;
            return;
        }
        const Status status = cache_.set(row.key, row.value, row.options);
        if (status.ok()) {
            ++tally_.loaded;
            return;
        }
        const Failure failure(status, "key '" + printable(row.key, 60) + "'");
        const Failure placed(failure.exit(), failure.name(), place(row.line) + failure.what());
        const bool fault_of_row = status.code() == Code::invalid_argument || status.code() == Code::too_large;
        if (!fault_of_row) throw Failure(placed);
        reject(placed, row.line);
    }

    void reject(const Failure& failure, std::uint64_t line) {
        progress_.clear();
        ++tally_.bad;
        if (tally_.problems.size() < kMostProblems) tally_.problems.push_back({{"line", line}, {"message", failure.what()}});
        if (!arguments_.skip_bad) throw Failure(failure);
        session_.remark(failure.what());
    }

    std::string place(std::uint64_t line) const { return name_ + ":" + std::to_string(line) + ": "; }

    const LoadArguments& arguments_;
    Session& session_;
    Cache& cache_;
    Tally& tally_;
    Progress progress_;
    std::string name_;
};

void report(const Tally& tally, Session& session) {
    if (session.json()) {
        session.out().document(
            {{"loaded", tally.loaded}, {"expired", tally.expired}, {"bad", tally.bad}, {"problems", tally.problems}});
        return;
    }
    std::string text = std::to_string(tally.loaded) + " loaded";
    if (tally.expired != 0) text += ", " + std::to_string(tally.expired) + " expired already and left out";
    if (tally.bad != 0) text += ", " + std::to_string(tally.bad) + " bad and left out";
    session.remark(text);
}

ExitCode run_load(const LoadArguments& arguments, Session& session) {
    Cache cache = arguments.file.open(session);
    Tally tally;
    std::optional<Failure> failure;
    try {
        Loading(arguments, session, cache, tally).run();
    } catch (const Failure& thrown) {
        failure = thrown;
    }
    report(tally, session);
    if (failure) throw Failure(*failure);
    check(cache.close(), arguments.file.path);
    return ExitCode::yes;
}

}  // namespace

void add_load(CLI::App& app, Session& session) {
    CLI::App* command =
        app.add_subcommand("load", "Store records read from a file or from stdin: NDJSON as dump writes it, CSV or TSV");
    auto arguments = std::make_shared<LoadArguments>();
    arguments->file.add_to(*command);
    command->add_option("INPUT", arguments->input, "What to read; without it, or as -, stdin")->type_name("");
    command->add_option("--format", arguments->format, "ndjson, csv, tsv or auto (default)")
        ->check(CLI::IsMember({"ndjson", "csv", "tsv", "auto"}))
        ->type_name("FORMAT");
    command->add_flag("--header", arguments->header, "csv, tsv: the first row names the columns");
    command->add_flag("--hex", arguments->hex, "csv, tsv: keys and values are hex");
    command->add_flag("--skip-bad", arguments->skip_bad, "Report bad lines and go on behind them");
    command->footer(std::string(kLoadFooter));
    session.on(*command, [arguments, &session] { return run_load(*arguments, session); });
}

}  // namespace larder::tools
