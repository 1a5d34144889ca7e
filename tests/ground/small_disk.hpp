// A file system that is soon full, for a child process alone.
#pragma once

#include "tests/support/child_process.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace larder::tests {

enum class Disk { tmpfs, ext4 };

/// Runs `body` in a child with a file system of `bytes` mounted at `directory`. What it returns (empty: good) fails the test.
/// Where this user may not mount one, the test says so and passes.
void on_small_disk(Disk disk, const std::string& directory, std::uint64_t bytes, const std::function<std::string()>& body);
/// Takes all space that is left on the file system, to the last page.
void use_up(const std::string& file);

}  // namespace larder::tests
