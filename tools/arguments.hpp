// What most commands take on their command line: the cache file, a key, a value, how to store it.
#pragma once

#include "failure.hpp"

#include <larder/cache.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace larder::tools {

class Session;

/// Adds an option whose text `parse` turns into the target, or refuses with nullopt.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& command, const std::string& name, T& target, Parse parse, const std::string& help,
                        const std::string& type) {
    return command
        .add_option_function<std::string>(
            name,
            [&target, parse, name, type](const std::string& text) {
                auto value = parse(text);
                if (!value) throw CLI::ValidationError(name, "'" + text + "' is not a " + type);
                target = *value;
            },
            help)
        ->type_name(type);
}

/// FILE, and how to open it.
struct CacheFile {
    std::string path;
    std::chrono::milliseconds timeout{1000};
    bool allow_network_file_system = false;

    void add_to(CLI::App& command);
    /// The options that these arguments make. A recovery shows its progress on a terminal.
    Options options(const Session& session) const;
    Cache open_read_only(const Session& session) const;
    Cache open(const Session& session) const;
    Cache open_with(const Options& how) const;
};

/// KEY, and --hex for it.
struct KeyArgument {
    std::string text;
    bool hex = false;

    void add_to(CLI::App& command);
    /// The key itself. Throws Failure where --hex is not hex.
    std::string bytes() const;
    /// For messages.
    std::string shown() const;
};

void add_hex(CLI::App& command, bool& hex);
std::string decoded(const std::string& text, bool hex);

/// [VALUE], else all of stdin.
struct ValueArgument {
    std::optional<std::string> text;

    void add_to(CLI::App& command);
    /// Reads no more of stdin than the cache could store.
    std::string bytes(bool hex, const Cache& cache) const;
};

/// --ttl and --flags.
struct StoreArguments {
    WriteOptions options;

    void add_to(CLI::App& command);
};

}  // namespace larder::tools
