#include "commands.hpp"
#include "session.hpp"
#include "store.hpp"

namespace larder::tools {

void add_add(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("add", "Store a value only if the key is absent; exit code 1 if it is there");
    auto arguments = std::make_shared<StoreCommand>();
    arguments->add_to(*command);
    session.on(*command, [arguments, &session] {
        return arguments->run(session, [](Cache& cache, auto key, auto value, auto& options, auto* version) {
            return cache.add(key, value, options, version);
        });
    });
}

}  // namespace larder::tools
