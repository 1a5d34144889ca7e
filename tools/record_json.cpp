#include "record_json.hpp"

#include "text.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace larder::tools {

void put_bytes(Json& json, std::string_view name, std::string_view bytes, Encoding encoding) {
    if (encoding == Encoding::text && !is_utf8(bytes)) encoding = Encoding::base64;
    switch (encoding) {
        case Encoding::text:
            json[std::string(name)] = bytes;
            break;
        case Encoding::hex:
            json[std::string(name) + "_hex"] = to_hex(bytes);
            break;
        case Encoding::base64:
            json[std::string(name) + "_base64"] = to_base64(bytes);
            break;
    }
}

void put_info(Json& json, const RecordInfo& info) {
    if (info.expires_at_ms != 0) json["expires_at"] = info.expires_at_ms;
    if (info.flags != 0) json["flags"] = info.flags;
    json["version"] = info.version;
}

}  // namespace larder::tools
