// A second open file description of a file that is open already: with locks of its own, with another access.
#pragma once

#include <larder/mapped_file.hpp>

#include <string>

namespace larder::platform {

/// Opens what `descriptor` stands for once more, whether or not it still has a name. Not inheritable. Its path() is `path`, or
/// where that is empty the one that the kernel knows (none for a file that had no name when it was opened).
Result<MappedFile> reopen(int descriptor, Access access, std::string path = {});
/// The same, as a bare close-on-exec descriptor that is the caller's; -1 and errno on failure. Async-signal-safe, so that
/// forked children may call it.
int reopen_descriptor(int descriptor, Access access) noexcept;

/// Closes a bare descriptor. Async-signal-safe.
void close_descriptor(int descriptor) noexcept;

}  // namespace larder::platform
