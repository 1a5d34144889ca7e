// The shape that append and prepend share: FILE KEY [VALUE].
#pragma once

#include "arguments.hpp"

#include <functional>
#include <string_view>

namespace larder::tools {

class Session;

struct ExtendCommand {
    CacheFile file;
    KeyArgument key;
    ValueArgument value;

    void add_to(CLI::App& command);
    ExitCode run(Session& session, const std::function<Status(Cache&, std::string_view key, std::string_view value)>& call) const;
};

}  // namespace larder::tools
