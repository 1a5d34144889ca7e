#include "arguments.hpp"
#include "commands.hpp"
#include "progress.hpp"
#include "quantity.hpp"
#include "session.hpp"
#include "table.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

ExitCode run(const CacheFile& file, Session& session) {
    const Cache cache = file.open_read_only(session);
    Progress progress(session, "verifying");
    const Verification found =
        check(cache.verify([&progress](std::uint64_t done, std::uint64_t total) { progress.bytes(done, total); }), file.path);
    progress.clear();
    const bool clean = found.problems.empty();
    if (session.json()) {
        session.out().document({{"clean", clean},
                                {"records", found.records},
                                {"bytes", found.bytes},
                                {"segments", found.segments},
                                {"problems", found.problems}});
        return clean ? ExitCode::yes : ExitCode::corrupt;
    }
    Table table;
    table.row({"records", std::to_string(found.records)});
    table.row({"walked", size_text(found.bytes)});
    table.row({"segments", std::to_string(found.segments)});
    table.row({"problems", std::to_string(found.problems.size())});
    session.out().write(table.text());
    for (const std::string& problem : found.problems)
        session.out().write("problem: " + printable(problem, problem.size()) + "\n");
    if (!clean) session.remark(file.path + ": " + std::to_string(found.problems.size()) + " problems found");
    return clean ? ExitCode::yes : ExitCode::corrupt;
}

}  // namespace

void add_verify(CLI::App& app, Session& session) {
    CLI::App* command =
        app.add_subcommand("verify", "Read the whole file and check it, while others use it; exit code 4 if problems are found");
    auto file = std::make_shared<CacheFile>();
    file->add_to(*command);
    session.on(*command, [file, &session] { return run(*file, session); });
}

}  // namespace larder::tools
