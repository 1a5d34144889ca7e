#include "arguments.hpp"
#include "commands.hpp"
#include "quantity.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

struct ResizeArguments {
    CacheFile file;
    std::uint64_t capacity = 0;
};

ExitCode run_resize(const ResizeArguments& arguments, Session& session) {
    Cache cache = arguments.file.open(session);
    check(cache.resize(arguments.capacity), arguments.file.path);
    const Stats stats = check(cache.stats(), arguments.file.path);
    check(cache.close(), arguments.file.path);
    if (session.json()) {
        session.out().document(
            {{"capacity", stats.capacity}, {"reservation", stats.reservation}, {"committed_bytes", stats.committed_bytes}});
    }
    return ExitCode::yes;
}

}  // namespace

void add_resize(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("resize", "Change the capacity, while others are attached");
    auto arguments = std::make_shared<ResizeArguments>();
    arguments->file.add_to(*command);
    add_parsed(*command, "CAPACITY", arguments->capacity, parse_size, "1MiB to the reservation; lowering it evicts", "SIZE")
        ->required();
    session.on(*command, [arguments, &session] { return run_resize(*arguments, session); });
}

}  // namespace larder::tools
