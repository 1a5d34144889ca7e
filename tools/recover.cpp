#include "arguments.hpp"
#include "commands.hpp"
#include "quantity.hpp"
#include "session.hpp"
#include "table.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

constexpr std::string_view kRecoverFooter =
    "A file that was in use when the machine went down is recovered by whoever opens it for writing next; this does it now,\n"
    "and does it again to a file that is damaged. Every record is read: those that are whole stay, the others are dropped, and\n"
    "all counts are made anew. Nobody else may have the file open for writing (larder procs FILE); for a file in use there is\n"
    "larder verify --repair. Exit code 0 also when records were dropped.";

ExitCode run_recover(const CacheFile& file, Session& session) {
    Options options = file.options(session);
    options.recovery = Recovery::always;
    RecoveryProgress last;
    options.on_recovery_progress = [&last, show = options.on_recovery_progress](const RecoveryProgress& at) {
        show(at);
        last = at;
    };
    Cache cache = file.open_with(options);
    check(cache.close(), file.path);
    const std::uint64_t found = last.kept + last.dropped;
    if (session.json()) {
        session.out().document({{"found", found}, {"kept", last.kept}, {"dropped", last.dropped}, {"bytes", last.total_bytes}});
        return ExitCode::yes;
    }
    Table table;
    table.row({"found", std::to_string(found), "records"});
    table.row({"kept", std::to_string(last.kept), "are whole"});
    table.row({"dropped", std::to_string(last.dropped), "were not whole, or were replaced by later ones"});
    table.row({"read", size_text(last.total_bytes)});
    session.out().write(table.text());
    return ExitCode::yes;
}

}  // namespace

void add_recover(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("recover", "Go through a file that nobody uses, and drop what is not whole");
    auto file = std::make_shared<CacheFile>();
    file->add_to(*command);
    command->footer(std::string(kRecoverFooter));
    session.on(*command, [file, &session] { return run_recover(*file, session); });
}

}  // namespace larder::tools
