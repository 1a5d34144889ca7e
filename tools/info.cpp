#include "arguments.hpp"
#include "commands.hpp"
#include "quantity.hpp"
#include "record_json.hpp"
#include "session.hpp"
#include "table.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

struct InfoArguments {
    CacheFile file;
    KeyArgument key;
};

ExitCode run_info(const InfoArguments& arguments, Session& session) {
    const Cache cache = arguments.file.open_read_only(session);
    const std::string key = arguments.key.bytes();
    const RecordInfo info = check(cache.info(key), arguments.key.shown());
    if (session.json()) {
        Json json;
        put_bytes(json, "key", key, arguments.key.hex ? Encoding::hex : Encoding::text);
        json["value_size"] = info.value_size;
        put_info(json, info);
        session.out().document(json);
        return ExitCode::yes;
    }
    Table table;
    table.row({"value size", size_text(info.value_size)});
    table.row({"version", std::to_string(info.version)});
    table.row({"flags", std::to_string(info.flags)});
    table.row({"expires", info.expires_at_ms == 0 ? "never" : time_text(info.expires_at_ms)});
    session.out().write(table.text());
    return ExitCode::yes;
}

}  // namespace

void add_info(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("info", "Show what is known of a key besides its value: size, version, flags, expiry");
    auto arguments = std::make_shared<InfoArguments>();
    arguments->file.add_to(*command);
    arguments->key.add_to(*command);
    session.on(*command, [arguments, &session] { return run_info(*arguments, session); });
}

}  // namespace larder::tools
