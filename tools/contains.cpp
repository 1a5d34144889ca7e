#include "arguments.hpp"
#include "commands.hpp"
#include "record_json.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

struct ContainsArguments {
    CacheFile file;
    KeyArgument key;
};

ExitCode run_contains(const ContainsArguments& arguments, Session& session) {
    const Cache cache = arguments.file.open_read_only(session);
    const std::string key = arguments.key.bytes();
    const Status status = cache.contains(key);
    if (status.code() != Code::not_found) check(status, arguments.key.shown());
    if (session.json()) {
        Json json;
        put_bytes(json, "key", key, arguments.key.hex ? Encoding::hex : Encoding::text);
        json["contains"] = status.ok();
        session.out().document(json);
    }
    return status.ok() ? ExitCode::yes : ExitCode::no;
}

}  // namespace

void add_contains(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("contains", "Say by the exit code alone whether a key is there: 0 yes, 1 no");
    auto arguments = std::make_shared<ContainsArguments>();
    arguments->file.add_to(*command);
    arguments->key.add_to(*command);
    session.on(*command, [arguments, &session] { return run_contains(*arguments, session); });
}

}  // namespace larder::tools
