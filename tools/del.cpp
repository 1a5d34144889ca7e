#include "arguments.hpp"
#include "commands.hpp"
#include "record_json.hpp"
#include "session.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace larder::tools {
namespace {

struct DelArguments {
    CacheFile file;
    std::vector<std::string> keys;
    bool hex = false;
};

ExitCode run_del(const DelArguments& arguments, Session& session) {
    std::vector<std::string> keys;
    for (const std::string& text : arguments.keys) keys.push_back(decoded(text, arguments.hex));
    Cache cache = arguments.file.open(session);
    std::uint64_t removed = 0;
    Json absent = Json::array();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const Status status = cache.remove(keys[i]);
        if (status.code() == Code::not_found) {
            Json json;
            put_bytes(json, "key", keys[i], arguments.hex ? Encoding::hex : Encoding::text);
            absent.push_back(std::move(json));
            session.remark(printable(arguments.keys[i]) + ": no such key");
            continue;
        }
        check(status, printable(arguments.keys[i]));
        ++removed;
    }
    check(cache.close(), arguments.file.path);
    if (session.json()) session.out().document({{"removed", removed}, {"absent", absent}});
    return absent.empty() ? ExitCode::yes : ExitCode::no;
}

}  // namespace

void add_del(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("del", "Remove keys; exit code 1 if any of them was absent");
    auto arguments = std::make_shared<DelArguments>();
    arguments->file.add_to(*command);
    command->add_option("KEY", arguments->keys, "The keys")->required()->type_name("");
    add_hex(*command, arguments->hex);
    session.on(*command, [arguments, &session] { return run_del(*arguments, session); });
}

}  // namespace larder::tools
