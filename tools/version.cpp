#include "commands.hpp"
#include "session.hpp"

#include <larder/version.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace larder::tools {

void add_version(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("version", "Show the version of larder and of the file format it writes");
    session.on(*command, [&session] {
        if (session.json()) {
            session.out().document({{"version", larder::version()}, {"format_version", format_version()}});
        } else {
            session.out().write("larder " + std::string(larder::version()) + " (file format " + std::to_string(format_version()) +
                                ")\n");
        }
        return ExitCode::yes;
    });
}

}  // namespace larder::tools
