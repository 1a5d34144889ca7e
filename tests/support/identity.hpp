// Cache files looked at, and written, from outside of the engine.
#pragma once

#include "engine/format/header.hpp"
#include "engine/region/region.hpp"

#include <functional>
#include <string>

namespace larder::tests {

/// Changes the immutable part of a file's header, and seals it again as a library that knew it would.
void rewrite_identity(const std::string& path, const std::function<void(format::FileHeader&)>& change);

/// A file as it is now and becomes, read-only.
region::Region look_into(const std::string& path);

}  // namespace larder::tests
