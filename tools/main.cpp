// larder COMMAND FILE [ARGUMENTS]
#include "commands.hpp"
#include "failure.hpp"
#include "literal.hpp"
#include "session.hpp"
#include "text.hpp"

#include <larder/version.hpp>

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace larder::tools {
namespace {

constexpr std::string_view kExitCodes =
    "Exit codes:\n"
    "  0  yes, done\n"
    "  1  no: there is no such key; or it is there (add), has another version (set --if-version), is no number (incr, decr)\n"
    "  2  the command line, or a line of input, is wrong\n"
    "  3  the cache cannot be opened, read or written (absent, no permission, not a cache, another format version,\n"
    "     I/O error; for create: it exists already), or the output cannot be written\n"
    "  4  bytes of the cache fail a check\n"
    "  5  no space, or a key or value is too large\n"
    "  6  timed out waiting for another process, or too many processes are attached\n"
    "\n"
    "Keys and values are bytes. On the command line and in output they are taken as they are; --hex makes them hex.\n"
    "In JSON the member key (value) is text; where the bytes are not UTF-8, key_base64 (value_base64) stands in its place,\n"
    "and with --hex key_hex (value_hex). Put -- before a key or value that begins with '-'.\n"
    "Sizes: 65536, 64KiB, 64K (the same), 64KB (thousands), and M, G, T likewise. Durations: 1500ms, 10s, 5m, 2h, 1d.\n"
    "get, contains, info, keys, stat, procs, dump and verify open the file read-only and need no write permission.\n"
    "Answers go to stdout, all else to stderr; long work shows its progress there if it is a terminal.";

void add_commands(CLI::App& app, Session& session) {
    add_create(app, session);
    add_get(app, session);
    add_set(app, session);
    add_add(app, session);
    add_replace(app, session);
    add_del(app, session);
    add_incr(app, session);
    add_decr(app, session);
    add_touch(app, session);
    add_append(app, session);
    add_prepend(app, session);
    add_contains(app, session);
    add_info(app, session);
    add_keys(app, session);
    add_stat(app, session);
    add_procs(app, session);
    add_dump(app, session);
    add_load(app, session);
    add_flush(app, session);
    add_resize(app, session);
    add_verify(app, session);
    add_recover(app, session);
    add_clear(app, session);
#ifdef LARDER_TOOL_REPLAY
    add_replay(app, session);
#endif
    add_version(app, session);
}

/// Occupies the standard descriptors that we were started without. Else the cache file would be opened as descriptor 1,
/// and what we say would be written into it. Opened the wrong way round, so that using one is an error.
void hold_standard_descriptors() {
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) != -1) continue;
        const int ignored = ::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
        static_cast<void>(ignored);
    }
}

/// Known before the command line is read, for errors in it.
bool wants_json(int argc, char** argv) {
    for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
        if (std::string_view(argv[i]) == "--json") return true;
    }
    return false;
}

/// What is wrong with the command line, in one line that names the culprit.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    if (!chosen.empty()) {
        const std::string name = chosen.front()->get_name();
        return without_marks(error.what()) + " (see larder " + name + " --help)";
    }
    const auto rest = app.remaining();
    if (rest.empty()) return "a command is required (see larder --help)";
    const std::string what = rest.front().starts_with('-') ? "option" : "command";
    return "'" + printable(without_marks(rest.front()), 60) + "': no such " + what + " (see larder --help)";
}

ExitCode run(CLI::App& app, Session& session, int argc, char** argv) {
    const std::vector<std::string> words = marked(argc, argv);
    std::vector<const char*> pointers;
    pointers.reserve(words.size());
    for (const std::string& word : words) pointers.push_back(word.c_str());
    try {
        app.parse(static_cast<int>(pointers.size()), pointers.data());
    } catch (const CLI::CallForHelp&) {
        session.out().write(app.help());
        session.out().close();
        return ExitCode::yes;
    } catch (const CLI::CallForVersion& version) {
        session.out().write(std::string(version.what()) + "\n");
        session.out().close();
        return ExitCode::yes;
    } catch (const CLI::ParseError& error) {
        const auto chosen = app.get_subcommands();
        if (!chosen.empty()) session.set_command(chosen.front()->get_name());
        throw usage_failure(usage_message(app, error));
    }
    const ExitCode exit = session.run();
    session.out().close();
    return exit;
}

/// What was said before a failure: the records that a dump had come to, the counts of a load.
void write_out_rest(Session& session) noexcept {
    try {
        session.out().flush();
    } catch (const std::exception&) {  // there is a failure to tell of already
    } catch (const BrokenPipe&) {
    }
}

int main_of(int argc, char** argv) {
    hold_standard_descriptors();
    // Handled as an error of write(): the cache is closed in order before we go.
    std::signal(SIGPIPE, SIG_IGN);
    Session session(STDOUT_FILENO);
    session.set_json(wants_json(argc, argv));
    CLI::App app("larder: look into and change cache files that many processes share", "larder");
    app.require_subcommand(1);
    app.set_version_flag("--version", "larder " + std::string(version()));
    app.add_flag_callback(
        "--json", [&session] { session.set_json(true); }, "As behind the command: answers and errors as JSON");
    app.get_formatter()->column_width(34);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND FILE [ARGUMENTS]");
    app.footer(std::string(kExitCodes));
    ExitCode exit = ExitCode::yes;
    try {
        add_commands(app, session);
        for (CLI::App* command : app.get_subcommands({})) {
            command->group("Commands");
            take_literally(*command);
        }
        exit = run(app, session, argc, argv);
    } catch (const Failure& failure) {
        exit = failure.exit();
        write_out_rest(session);
        session.complain(exit, std::string(failure.name()), failure.what());
    } catch (const BrokenPipe&) {
        std::signal(SIGPIPE, SIG_DFL);
        std::raise(SIGPIPE);
    } catch (const std::bad_alloc&) {
        exit = ExitCode::cannot_use;
        session.complain(exit, "out_of_memory", "out of memory");
    } catch (const std::exception& error) {
        exit = ExitCode::cannot_use;
        session.complain(exit, "internal", error.what());
    }
    return static_cast<int>(exit);
}

}  // namespace
}  // namespace larder::tools

int main(int argc, char** argv) {
    try {
        return larder::tools::main_of(argc, argv);
    } catch (...) {
        // Nothing could even be said about it, for want of memory or of a standard error.
        return static_cast<int>(larder::tools::ExitCode::cannot_use);
    }
}
