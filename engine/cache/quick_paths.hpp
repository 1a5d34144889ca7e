// Which of the common operations' copies, one for each instruction set, a handle uses.
#pragma once

#include "engine/cache/core.hpp"

namespace larder::cache {

/// The best that this processor can. `guarded`: for a handle that asks after each call whether it has lost its file.
const QuickPaths& quick_paths(bool guarded) noexcept;

}  // namespace larder::cache
