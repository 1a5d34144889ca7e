#include "commands.hpp"
#include "quantity.hpp"
#include "session.hpp"
#include "store.hpp"

namespace larder::tools {
namespace {

struct SetArguments {
    StoreCommand store;
    std::optional<std::uint64_t> if_version;
};

}  // namespace

void add_set(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("set", "Store a value under a key, whether there is one or not");
    auto arguments = std::make_shared<SetArguments>();
    arguments->store.add_to(*command);
    add_parsed(*command, "--if-version", arguments->if_version, parse_number<std::uint64_t>,
               "Only if the key has this version (see info); exit code 1 if it has another, or is absent", "NUMBER");
    session.on(*command, [arguments, &session] {
        return arguments->store.run(session, [&arguments](Cache& cache, auto key, auto value, auto& options, auto* version) {
            if (!arguments->if_version) return cache.set(key, value, options, version);
            return cache.compare_and_swap(key, value, *arguments->if_version, options, version);
        });
    });
}

}  // namespace larder::tools
