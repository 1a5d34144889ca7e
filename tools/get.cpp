#include "arguments.hpp"
#include "commands.hpp"
#include "record_json.hpp"
#include "session.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

struct GetArguments {
    CacheFile file;
    KeyArgument key;
};

ExitCode run_get(const GetArguments& arguments, Session& session) {
    const Cache cache = arguments.file.open_read_only(session);
    const std::string key = arguments.key.bytes();
    std::string value;
    RecordInfo info;
    check(cache.get(key, value, &info), arguments.key.shown());
    Output& out = session.out();
    if (session.json()) {
        const Encoding encoding = arguments.key.hex ? Encoding::hex : Encoding::text;
        Json json;
        put_bytes(json, "key", key, encoding);
        put_bytes(json, "value", value, encoding);
        put_info(json, info);
        out.document(json);
    } else if (arguments.key.hex) {
        out.write(to_hex(value) + "\n");
    } else {
        out.write(value);
        if (out.is_terminal() && !value.ends_with('\n')) out.write("\n");
    }
    return ExitCode::yes;
}

}  // namespace

void add_get(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("get", "Write a key's value to stdout, its bytes and nothing else");
    auto arguments = std::make_shared<GetArguments>();
    arguments->file.add_to(*command);
    arguments->key.add_to(*command);
    command->footer("On a terminal a line break follows. Exit code 1 if there is no such key.");
    session.on(*command, [arguments, &session] { return run_get(*arguments, session); });
}

}  // namespace larder::tools
