#include "arguments.hpp"
#include "commands.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

ExitCode run_flush(const CacheFile& file, Session& session) {
    Cache cache = file.open(session);
    check(cache.flush(), file.path);
    check(cache.close(), file.path);
    if (session.json()) session.out().document({{"file", file.path}});
    return ExitCode::yes;
}

}  // namespace

void add_flush(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("flush", "Write everything to disk; what is stored by now survives a power cut");
    auto file = std::make_shared<CacheFile>();
    file->add_to(*command);
    session.on(*command, [file, &session] { return run_flush(*file, session); });
}

}  // namespace larder::tools
