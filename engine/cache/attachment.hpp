// The life of a handle: create, attach, flush, detach.
#pragma once

#include "engine/cache/core.hpp"

#include <larder/mapped_file.hpp>
#include <larder/options.hpp>

#include <memory>
#include <string>

namespace larder::cache {

/// Builds a cache file beside its name, makes it valid, and publishes it in one step. exists if the name is taken.
Result<MappedFile> create_file(const std::string& path, const Options& options);
/// Attaches a new core to an open file, recovering it first if the machine went down while it was in use. The file becomes the
/// core's; whatever comes of it, neither closes it.
Status attach(Core& core, MappedFile& file, const std::string& path, const Options& options);
/// All to disk, then the flush epoch, then that to disk.
Status flush(Core& core);
/// What a handle says whose mapping has lost pages.
Status lost_file(const Core& core);
/// Leaves the process table; the last to leave flushes and sets the clean mark.
Status detach(Core& core);

}  // namespace larder::cache
