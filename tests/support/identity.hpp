// Headers of cache files as other libraries would have written them.
#pragma once

#include "engine/format/header.hpp"

#include <functional>
#include <string>

namespace larder::tests {

/// Changes the immutable part of a file's header, and seals it again as a library that knew it would.
void rewrite_identity(const std::string& path, const std::function<void(format::FileHeader&)>& change);

}  // namespace larder::tests
