// Records as JSON, the same in every command: a member named key (value) holds text; where the bytes are not UTF-8,
// or on request, key_base64 or key_hex (value_base64, value_hex) stands in its place. So the name tells the encoding.
#pragma once

#include "output.hpp"

#include <larder/cache.hpp>

#include <string_view>

namespace larder::tools {

enum class Encoding { text, hex, base64 };

/// `name` is "key" or "value".
void put_bytes(Json& json, std::string_view name, std::string_view bytes, Encoding encoding);
/// version, and, where they are not zero, expires_at (milliseconds since the Unix epoch) and flags.
void put_info(Json& json, const RecordInfo& info);

}  // namespace larder::tools
