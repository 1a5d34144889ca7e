#include "arguments.hpp"
#include "commands.hpp"
#include "quantity.hpp"
#include "record_json.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

struct TouchArguments {
    CacheFile file;
    KeyArgument key;
    Ttl ttl;
};

ExitCode run_touch(const TouchArguments& arguments, Session& session) {
    Cache cache = arguments.file.open(session);
    const std::string key = arguments.key.bytes();
    check(cache.touch(key, arguments.ttl), arguments.key.shown());
    check(cache.close(), arguments.file.path);
    if (session.json()) {
        Json json;
        put_bytes(json, "key", key, arguments.key.hex ? Encoding::hex : Encoding::text);
        session.out().document(json);
    }
    return ExitCode::yes;
}

}  // namespace

void add_touch(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("touch", "Give a key another time to live; its value and version stay");
    auto arguments = std::make_shared<TouchArguments>();
    arguments->file.add_to(*command);
    arguments->key.add_to(*command);
    add_parsed(*command, "--ttl", arguments->ttl, parse_ttl, "From now: 1500ms, 10s, 5m, 2h, 1d; or never", "TTL")->required();
    session.on(*command, [arguments, &session] { return run_touch(*arguments, session); });
}

}  // namespace larder::tools
