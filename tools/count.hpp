// The shape that incr and decr share: FILE KEY --by --initial --ttl --flags, and the sum on stdout.
#pragma once

#include "arguments.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace larder::tools {

class Session;

struct CountCommand {
    CacheFile file;
    KeyArgument key;
    StoreArguments store;
    std::int64_t by = 1;
    std::int64_t initial = 0;

    using Call = std::function<Result<std::int64_t>(Cache&, std::string_view key, const CountCommand&)>;

    void add_to(CLI::App& command);
    ExitCode run(Session& session, const Call& call) const;
};

}  // namespace larder::tools
