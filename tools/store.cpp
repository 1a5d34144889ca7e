#include "store.hpp"

#include "record_json.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {

void StoreCommand::add_to(CLI::App& command) {
    file.add_to(command);
    key.add_to(command);
    value.add_to(command);
    store.add_to(command);
}

ExitCode StoreCommand::run(Session& session, const Call& call) const {
    Cache cache = file.open(session);
    const std::string key_bytes = key.bytes();
    std::uint64_t version = 0;
    check(call(cache, key_bytes, value.bytes(key.hex, cache), store.options, &version), key.shown());
    check(cache.close(), file.path);
    if (session.json()) {
        Json json;
        put_bytes(json, "key", key_bytes, key.hex ? Encoding::hex : Encoding::text);
        json["version"] = version;
        session.out().document(json);
    }
    return ExitCode::yes;
}

}  // namespace larder::tools
