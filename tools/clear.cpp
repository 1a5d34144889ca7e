#include "arguments.hpp"
#include "commands.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

ExitCode run_clear(const CacheFile& file, Session& session) {
    Cache cache = file.open(session);
    check(cache.clear(), file.path);
    check(cache.close(), file.path);
    if (session.json()) session.out().document({{"file", file.path}});
    return ExitCode::yes;
}

}  // namespace

void add_clear(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("clear", "Remove all records");
    auto file = std::make_shared<CacheFile>();
    file->add_to(*command);
    session.on(*command, [file, &session] { return run_clear(*file, session); });
}

}  // namespace larder::tools
