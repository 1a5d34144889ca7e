#include "tests/support/identity.hpp"

#include "engine/format/hash.hpp"

#include <cstddef>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace larder::tests {

void rewrite_identity(const std::string& path, const std::function<void(format::FileHeader&)>& change) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::vector<char> bytes(sizeof(format::FileHeader));
    if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) throw std::runtime_error("cannot read " + path);
    auto& header = *reinterpret_cast<format::FileHeader*>(bytes.data());
    change(header);
    header.identity_checksum = format::hash_bytes(bytes.data(), offsetof(format::FileHeader, identity_checksum));
    file.seekp(0);
    if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) throw std::runtime_error("cannot write " + path);
}

}  // namespace larder::tests
