// The shape that set, add and replace share: FILE KEY [VALUE] --ttl --flags, differing in the call alone.
#pragma once

#include "arguments.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace larder::tools {

class Session;

struct StoreCommand {
    CacheFile file;
    KeyArgument key;
    ValueArgument value;
    StoreArguments store;

    using Call = std::function<Status(Cache&, std::string_view key, std::string_view value, const WriteOptions&, std::uint64_t*)>;

    void add_to(CLI::App& command);
    ExitCode run(Session& session, const Call& call) const;
};

}  // namespace larder::tools
