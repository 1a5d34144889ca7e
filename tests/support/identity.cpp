#include "tests/support/identity.hpp"

#include "engine/format/hash.hpp"
#include "engine/region/identity.hpp"

#include <cstddef>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>
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

region::Region look_into(const std::string& path) {
    auto file = MappedFile::open(path, {.access = Access::read_only});
    if (!file.ok()) throw std::runtime_error(file.status().message());
    auto view = file->view(0, 0, Access::read_only);
    if (!view.ok()) throw std::runtime_error(view.status().message());
    auto identity = region::read_identity(path, *reinterpret_cast<const format::FileHeader*>(view->data()), *file->size());
    if (!identity.ok()) throw std::runtime_error(identity.status().message());
    return {std::move(*file), std::move(*view), identity->geometry, identity->hash_seed};
}

}  // namespace larder::tests
