#include "arguments.hpp"
#include "commands.hpp"
#include "quantity.hpp"
#include "session.hpp"

#include <nlohmann/json.hpp>

namespace larder::tools {
namespace {

struct CreateArguments {
    CacheFile file;
    std::uint64_t capacity = Options{}.capacity;
    std::uint64_t reservation = 0;
    std::uint64_t segment_size = 0;
    std::uint32_t mode = Options{}.file_mode;
    std::uint32_t shards = 0;
    std::uint64_t expected_records = 0;
    std::uint32_t max_processes = Options{}.max_processes;
};

Options options_of(const CreateArguments& arguments, const Session& session) {
    Options options = arguments.file.options(session);
    options.capacity = arguments.capacity;
    options.reservation = arguments.reservation;
    options.segment_size = static_cast<std::uint32_t>(arguments.segment_size);
    options.file_mode = arguments.mode;
    options.shards = arguments.shards;
    options.expected_records = arguments.expected_records;
    options.max_processes = arguments.max_processes;
    return options;
}

ExitCode run_create(const CreateArguments& arguments, Session& session) {
    if (arguments.segment_size > UINT32_MAX)
        throw usage_failure("--segment-size: " + size_text(arguments.segment_size) + " is too large");
    auto created = Cache::create(arguments.file.path, options_of(arguments, session));
    // A file in the way is not an answer about a key, so not exit code 1.
    if (created.code() == Code::exists) {
        throw Failure(ExitCode::cannot_use, code_name(Code::exists),
                      arguments.file.path + ": exists already; it was not touched");
    }
    Cache cache = check(std::move(created), arguments.file.path);
    const std::uint64_t most = cache.max_value_size();
    const Stats stats = check(cache.stats(), arguments.file.path);
    check(cache.close(), arguments.file.path);
    if (session.json()) {
        session.out().document({{"file", arguments.file.path},
                                {"capacity", stats.capacity},
                                {"reservation", stats.reservation},
                                {"shards", stats.shards},
                                {"segment_size", stats.segment_size},
                                {"max_value_size", most}});
    }
    return ExitCode::yes;
}

}  // namespace

void add_create(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("create", "Make a new, empty cache file; one that exists is not touched");
    auto arguments = std::make_shared<CreateArguments>();
    CreateArguments& to = *arguments;
    to.file.add_to(*command);
    add_parsed(*command, "--capacity", to.capacity, parse_size, "The most disk the file takes (default 64MiB)", "SIZE");
    add_parsed(*command, "--reservation", to.reservation, parse_size,
               "The most that resize can ever raise it to (default four times the capacity)", "SIZE");
    add_parsed(*command, "--mode", to.mode, parse_mode, "Permission bits, whatever the umask (default 0600)", "OCTAL");
    add_parsed(*command, "--expected-records", to.expected_records, parse_number<std::uint64_t>,
               "Size the index for so many (default: it grows by itself)", "NUMBER");
    add_parsed(*command, "--shards", to.shards, parse_number<std::uint32_t>,
               "Lock stripes, a power of two up to 1024 (default: from the capacity)", "NUMBER");
    add_parsed(*command, "--segment-size", to.segment_size, parse_size,
               "A power of two from 32KiB to 4MiB (default: from the capacity)", "SIZE");
    add_parsed(*command, "--max-processes", to.max_processes, parse_number<std::uint32_t>,
               "How many handles may write at once, 8 to 4096 (default 1024)", "NUMBER");
    session.on(*command, [arguments, &session] { return run_create(*arguments, session); });
}

}  // namespace larder::tools
