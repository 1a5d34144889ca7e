#include "arguments.hpp"
#include "commands.hpp"
#include "progress.hpp"
#include "record_json.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

struct DumpArguments {
    CacheFile file;
    std::string prefix;
    bool hex = false;
    bool base64 = false;
};

ExitCode run_dump(const DumpArguments& arguments, Session& session) {
    const Cache cache = arguments.file.open_read_only(session);
    const Encoding encoding = arguments.hex ? Encoding::hex : arguments.base64 ? Encoding::base64 : Encoding::text;
    const std::string prefix = decoded(arguments.prefix, arguments.hex);
    const std::uint64_t total = prefix.empty() ? check(cache.stats(), arguments.file.path).records : 0;
    Progress progress(session, "dumping");
    std::uint64_t done = 0;
    const auto visit = [&](const RecordView& record) {
        Json json;
        put_bytes(json, "key", record.key, encoding);
        put_bytes(json, "value", record.value, encoding);
        put_info(json, record.info);
        session.out().document(json);
        progress.count(++done, total);
        return true;
    };
    ScanOptions scan;
    scan.prefix = prefix;
    check(cache.for_each(scan, visit), arguments.file.path);
    return ExitCode::yes;
}

}  // namespace

void add_dump(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("dump", "Write all records to stdout as NDJSON, for load and other programs");
    auto arguments = std::make_shared<DumpArguments>();
    arguments->file.add_to(*command);
    command->add_option("--prefix", arguments->prefix, "Only keys that begin so")->type_name("PREFIX");
    CLI::Option* base64 = command->add_flag("--base64", arguments->base64, "Write every key and value in base64");
    command->add_flag("--hex", arguments->hex, "Write every key and value in hex; PREFIX is hex too")->excludes(base64);
    command->footer(
        "One JSON object a line, with these members:\n"
        "  key         the key's text; where its bytes are not UTF-8, key_base64 stands in its place (key_hex with --hex)\n"
        "  value       the same for the value: value, value_base64 or value_hex\n"
        "  expires_at  milliseconds since the Unix epoch; absent: never\n"
        "  flags       absent: 0\n"
        "  version     for your information; load gives new ones\n"
        "A record that is moved or written while others use the cache may come twice. --json only makes errors JSON.");
    session.on(*command, [arguments, &session] { return run_dump(*arguments, session); });
}

}  // namespace larder::tools
