#include "commands.hpp"
#include "count.hpp"
#include "session.hpp"

namespace larder::tools {

void add_incr(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("incr", "Add to a number and write the sum to stdout");
    auto arguments = std::make_shared<CountCommand>();
    arguments->add_to(*command);
    session.on(*command, [arguments, &session] {
        return arguments->run(session, [](Cache& cache, auto key, const CountCommand& count) {
            return cache.increment(key, count.by, count.initial, count.store.options);
        });
    });
}

}  // namespace larder::tools
