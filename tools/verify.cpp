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

struct VerifyArguments {
    CacheFile file;
    bool repair = false;
};

Verification verified(const Cache& cache, const std::string& path, Session& session) {
    Progress progress(session, "verifying");
    return check(cache.verify([&progress](std::uint64_t done, std::uint64_t total) { progress.bytes(done, total); }), path);
}

Repair repaired(Cache& cache, const std::string& path, Session& session) {
    Progress progress(session, "repairing");
    return check(cache.repair([&progress](std::uint64_t done, std::uint64_t total) { progress.bytes(done, total); }), path);
}

Json verification_json(const Verification& found) {
    return {{"clean", found.problems.empty()},
            {"records", found.records},
            {"bytes", found.bytes},
            {"segments", found.segments},
            {"problems", found.problems}};
}

void write_verification(const Verification& found, Session& session) {
    Table table;
    table.row({"records", std::to_string(found.records)});
    table.row({"walked", size_text(found.bytes)});
    table.row({"segments", std::to_string(found.segments)});
    table.row({"problems", std::to_string(found.problems.size())});
    session.out().write(table.text());
    for (const std::string& problem : found.problems)
        session.out().write("problem: " + printable(problem, problem.size()) + "\n");
}

void write_repair(const Repair& repair, Session& session) {
    Table table;
    table.row({"kept", std::to_string(repair.records), "records"});
    table.row({"lost", std::to_string(repair.lost), "records that were not whole"});
    table.row({"superseded", std::to_string(repair.superseded), "records that a later one of the same key replaces"});
    table.row({"recounted", std::to_string(repair.recounted), "counts and segment states that were wrong"});
    session.out().write("\n" + table.text() + "\n");
}

std::string counted(std::uint64_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

ExitCode verdict(const Verification& found, const std::string& path, const std::string& what, Session& session) {
    if (found.problems.empty()) return ExitCode::yes;
    session.remark(path + ": " + counted(found.problems.size(), "problem") + what);
    return ExitCode::corrupt;
}

ExitCode run_verify(const VerifyArguments& arguments, Session& session) {
    const Cache cache = arguments.file.open_read_only(session);
    const Verification found = verified(cache, arguments.file.path, session);
    if (session.json())
        session.out().document(verification_json(found));
    else
        write_verification(found, session);
    return verdict(found, arguments.file.path, " found", session);
}

ExitCode run_repair(const VerifyArguments& arguments, Session& session) {
    const std::string& path = arguments.file.path;
    Cache cache = arguments.file.open(session);
    const Verification before = verified(cache, path, session);
    if (!session.json()) write_verification(before, session);
    Repair repair;
    Verification after = before;
    if (!before.problems.empty()) {
        repair = repaired(cache, path, session);
        if (!session.json()) write_repair(repair, session);
        after = verified(cache, path, session);
        if (!session.json()) write_verification(after, session);
    }
    check(cache.close(), path);
    if (session.json()) {
        Json json = verification_json(after);
        json["before"] = verification_json(before);
        json["lost"] = repair.lost;
        json["superseded"] = repair.superseded;
        json["recounted"] = repair.recounted;
        session.out().document(json);
    }
    if (before.problems.empty()) {
        session.remark(path + ": nothing to repair");
    } else {
        session.remark(path + ": repaired; " + counted(repair.lost, "record") + " lost, " + std::to_string(repair.records) +
                       " kept");
    }
    return verdict(after, path, " left; with nobody attached, larder recover may do more", session);
}

}  // namespace

void add_verify(CLI::App& app, Session& session) {
    CLI::App* command =
        app.add_subcommand("verify", "Read the whole file and check it, while others use it; exit code 4 if problems are found");
    auto arguments = std::make_shared<VerifyArguments>();
    arguments->file.add_to(*command);
    command->add_flag("--repair", arguments->repair, "Mend what is wrong, and check again; needs write permission");
    command->footer(
        "--repair drops the records that are not whole, counts anew what can be counted, and says how many records were lost.\n"
        "It holds the lock of one shard at a time, so others go on meanwhile. Exit code 4 if problems are left after it.");
    session.on(*command, [arguments, &session] {
        return arguments->repair ? run_repair(*arguments, session) : run_verify(*arguments, session);
    });
}

}  // namespace larder::tools
