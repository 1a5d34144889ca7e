#include "arguments.hpp"

#include "input.hpp"
#include "progress.hpp"
#include "quantity.hpp"
#include "session.hpp"
#include "text.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace larder::tools {

void CacheFile::add_to(CLI::App& command) {
    command.add_option("FILE", path, "The cache file")->required()->type_name("");
    add_parsed(command, "--timeout", timeout, parse_duration, "How long to wait for others, such as 500ms (default 1s)",
               "DURATION");
    command.add_flag("--allow-network-fs", allow_network_file_system,
                     "Open even on a file system without coherent shared mappings (NFS, 9p, FUSE); this corrupts");
}

Options CacheFile::options(const Session& session) const {
    Options options;
    options.timeout = timeout;
    options.allow_network_file_system = allow_network_file_system;
    auto progress = std::make_shared<Progress>(session, "recovering " + printable(path, 40));
    options.on_recovery_progress = [progress](const RecoveryProgress& at) {
        progress->bytes(at.done_bytes, at.total_bytes);
        if (at.done_bytes >= at.total_bytes) progress->clear();
    };
    return options;
}

Cache CacheFile::open_read_only(const Session& session) const {
    Options how = options(session);
    how.read_only = true;
    return open_with(how);
}

Cache CacheFile::open(const Session& session) const { return open_with(options(session)); }

Cache CacheFile::open_with(const Options& how) const {
    auto opened = Cache::open(path, how);
    std::error_code ignored;
    if (opened.code() == Code::invalid_argument && !std::filesystem::is_regular_file(path, ignored)) {
        // A directory, say: the library calls the path wrong, for us it is the file.
        throw Failure(ExitCode::cannot_use, code_name(opened.code()), opened.status().message());
    }
    return check(std::move(opened), path);
}

void add_hex(CLI::App& command, bool& hex) { command.add_flag("--hex", hex, "Keys and values are hex digits, in and out"); }

std::string decoded(const std::string& text, bool hex) {
    if (!hex) return text;
    auto bytes = from_hex(text);
    if (!bytes) throw usage_failure("'" + printable(text, 60) + "' is not hex: pairs of the digits 0-9 and a-f");
    return *std::move(bytes);
}

void KeyArgument::add_to(CLI::App& command) {
    command.add_option("KEY", text, "The key, 1 to 65,535 bytes")->required()->type_name("");
    add_hex(command, hex);
}

std::string KeyArgument::bytes() const { return decoded(text, hex); }

std::string KeyArgument::shown() const { return printable(text); }

void ValueArgument::add_to(CLI::App& command) {
    // Not bound to the optional itself: the parser takes an empty string for no value.
    command
        .add_option_function<std::string>(
            "VALUE", [this](const std::string& given) { text = given; }, "The value; without it, or as -, all bytes of stdin")
        ->type_name("");
}

std::string ValueArgument::bytes(bool hex, const Cache& cache) const {
    if (text && *text != "-") return decoded(*text, hex);
    const std::uint64_t most = cache.max_value_size();
    // Hex takes two digits a byte, and may end in a line break.
    auto all = Input("-").read_all(hex ? most * 2 + 2 : most);
    if (!all) {
        throw Failure(
            Status(Code::too_large, "the value on stdin is larger than " + size_text(most) + ", the most this cache takes"), "");
    }
    if (hex) {
        while (!all->empty() && (all->back() == '\n' || all->back() == '\r')) all->pop_back();
    }
    return decoded(*all, hex);
}

void StoreArguments::add_to(CLI::App& command) {
    add_parsed(command, "--ttl", options.ttl, parse_ttl, "How long it lives: 1500ms, 10s, 5m, 2h, 1d, never (default) or keep",
               "TTL");
    add_parsed(command, "--flags", options.flags, parse_number<std::uint32_t>, "32 bits that are kept with the value (default 0)",
               "NUMBER");
}

}  // namespace larder::tools
