// Cache files whose every byte is the same each time they are made, and their form as text.
#pragma once

#include <larder/cache.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace larder::tests {

/// Makes a cache of the smallest size at `path` with a fixed seed and identity, lets `fill` write to it, closes it, and sets to
/// fixed values what tells time and process (creation, attachment, opened segments; the boot).
void make_fixed_file(const std::string& path, const std::function<void(Cache&)>& fill);

/// Rows of bytes by their offset in a file.
using Rows = std::map<std::uint64_t, std::string>;

/// The rows of 16 bytes of a file that are not all zero, one a line: offset, bytes; ahead of them the file's size.
std::string to_hex(const std::string& file_bytes);
/// The file that to_hex() told of.
std::string from_hex(const std::string& text);
/// The rows "offset  bytes  remark" of all code fences of a document that begin with ```dump.
Rows rows_of_document(const std::string& text);

}  // namespace larder::tests
