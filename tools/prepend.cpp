#include "commands.hpp"
#include "extend.hpp"
#include "session.hpp"

namespace larder::tools {

void add_prepend(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("prepend", "Add bytes before a key's value; exit code 1 if the key is absent");
    auto arguments = std::make_shared<ExtendCommand>();
    arguments->add_to(*command);
    command->footer("Expiry and flags stay as they are.");
    session.on(*command, [arguments, &session] {
        return arguments->run(session, [](Cache& cache, auto key, auto value) { return cache.prepend(key, value); });
    });
}

}  // namespace larder::tools
