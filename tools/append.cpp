#include "commands.hpp"
#include "extend.hpp"
#include "session.hpp"

namespace larder::tools {

void add_append(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("append", "Add bytes behind a key's value; exit code 1 if the key is absent");
    auto arguments = std::make_shared<ExtendCommand>();
    arguments->add_to(*command);
    command->footer("Expiry and flags stay as they are.");
    session.on(*command, [arguments, &session] {
        return arguments->run(session, [](Cache& cache, auto key, auto value) { return cache.append(key, value); });
    });
}

}  // namespace larder::tools
