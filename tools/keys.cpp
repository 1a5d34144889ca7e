#include "arguments.hpp"
#include "commands.hpp"
#include "quantity.hpp"
#include "record_json.hpp"
#include "session.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace larder::tools {
namespace {

struct KeysArguments {
    CacheFile file;
    std::string prefix;
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    bool hex = false;
    bool nul = false;
};

/// Written as it goes: the keys of a large cache do not fit in memory.
void write_key(const KeysArguments& arguments, Session& session, const RecordView& record, bool first) {
    Output& out = session.out();
    if (session.json()) {
        Json json;
        put_bytes(json, "key", record.key, arguments.hex ? Encoding::hex : Encoding::text);
        json["value_size"] = record.info.value_size;
        put_info(json, record.info);
        out.write((first ? "" : ",") + json_text(json));
        return;
    }
    if (arguments.hex) {
        out.write(to_hex(record.key));
    } else if (!arguments.nul && out.is_terminal()) {
        out.write(printable(record.key, record.key.size()));
    } else {
        out.write(record.key);
    }
    out.write(arguments.nul ? std::string_view("\0", 1) : std::string_view("\n"));
}

ExitCode run_keys(const KeysArguments& arguments, Session& session) {
    const Cache cache = arguments.file.open_read_only(session);
    const std::string prefix = decoded(arguments.prefix, arguments.hex);
    ScanOptions scan;
    scan.prefix = prefix;
    scan.keys_only = true;
    std::uint64_t left = arguments.limit;
    if (session.json()) session.out().write("{\"keys\":[");
    if (left > 0) {
        check(cache.for_each(scan,
                             [&](const RecordView& record) {
                                 write_key(arguments, session, record, left == arguments.limit);
                                 return --left > 0;
                             }),
              arguments.file.path);
    }
    if (session.json()) session.out().write("]}\n");
    return ExitCode::yes;
}

}  // namespace

void add_keys(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("keys", "List the keys, one a line, in no order");
    auto arguments = std::make_shared<KeysArguments>();
    arguments->file.add_to(*command);
    command->add_option("--prefix", arguments->prefix, "Only keys that begin so")->type_name("PREFIX");
    add_parsed(*command, "--limit", arguments->limit, parse_number<std::uint64_t>, "No more than this many", "NUMBER");
    command->add_flag("-0,--null", arguments->nul, "End each key with a zero byte, not a line break");
    add_hex(*command, arguments->hex);
    command->footer(
        "A key that is moved while others write may be listed twice. Keys may hold line breaks: use -0, --hex or --json\n"
        "where they do. On a terminal, bytes that are not text read \\xNN.");
    session.on(*command, [arguments, &session] { return run_keys(*arguments, session); });
}

}  // namespace larder::tools
