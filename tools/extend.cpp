#include "extend.hpp"

#include "record_json.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {

void ExtendCommand::add_to(CLI::App& command) {
    file.add_to(command);
    key.add_to(command);
    value.add_to(command);
}

ExitCode ExtendCommand::run(Session& session,
                            const std::function<Status(Cache&, std::string_view key, std::string_view value)>& call) const {
    Cache cache = file.open(session);
    const std::string key_bytes = key.bytes();
    check(call(cache, key_bytes, value.bytes(key.hex, cache)), key.shown());
    check(cache.close(), file.path);
    if (session.json()) {
        Json json;
        put_bytes(json, "key", key_bytes, key.hex ? Encoding::hex : Encoding::text);
        session.out().document(json);
    }
    return ExitCode::yes;
}

}  // namespace larder::tools
