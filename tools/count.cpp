#include "count.hpp"

#include "quantity.hpp"
#include "record_json.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {

void CountCommand::add_to(CLI::App& command) {
    file.add_to(command);
    key.add_to(command);
    add_parsed(command, "--by", by, parse_number<std::int64_t>, "How much (default 1)", "INTEGER");
    add_parsed(command, "--initial", initial, parse_number<std::int64_t>,
               "What an absent key is stored as, with nothing added or taken (default 0)", "INTEGER");
    store.add_to(command);
    command.footer(
        "The value must be a decimal signed 64-bit integer; exit code 1 if it is not, or if the sum overflows.\n"
        "A key that is there keeps its flags and, unless --ttl gives a duration, its expiry.");
}

ExitCode CountCommand::run(Session& session, const Call& call) const {
    Cache cache = file.open(session);
    const std::string key_bytes = key.bytes();
    const std::int64_t sum = check(call(cache, key_bytes, *this), key.shown());
    check(cache.close(), file.path);
    if (session.json()) {
        Json json;
        put_bytes(json, "key", key_bytes, key.hex ? Encoding::hex : Encoding::text);
        json["number"] = sum;
        session.out().document(json);
    } else {
        session.out().write(std::to_string(sum) + "\n");
    }
    return ExitCode::yes;
}

}  // namespace larder::tools
