#include "tests/golden/golden_file.hpp"

#include "engine/format/hash.hpp"
#include "engine/platform/process.hpp"
#include "engine/region/identity.hpp"
#include "engine/region/region.hpp"
#include "tests/support/check.hpp"

#include <cstddef>
#include <iomanip>
#include <sstream>

namespace larder::tests {
namespace {

constexpr std::size_t kRow = 16;
constexpr std::int64_t kTime = 1'700'000'000'000;
constexpr std::uint64_t kSeed = 0x0123456789abcdef;
constexpr std::uint64_t kFileId = 0xfedcba9876543210;

/// The closed file at `path`, mapped for changing it behind the engine's back.
region::Region map_closed(const std::string& path) {
    auto file = MappedFile::open(path);
    REQUIRE_OK(file);
    auto view = file->view();
    REQUIRE_OK(view);
    const auto& header = *reinterpret_cast<const format::FileHeader*>(view->data());
    auto identity = region::read_identity(path, header, view->size());
    REQUIRE_OK(identity);
    return region::Region(std::move(*file), std::move(*view), identity->geometry, identity->hash_seed);
}

void fix_identity(const std::string& path) {
    const region::Region region = map_closed(path);
    format::FileHeader& header = region.header();
    header.hash_seed = kSeed;
    header.file_id = kFileId;
    header.created_at_ms = kTime;
    header.identity_checksum = format::hash_bytes(&header, offsetof(format::FileHeader, identity_checksum));
}

void fix_moments(const std::string& path) {
    const region::Region region = map_closed(path);
    format::ProcessEntry& process = region.process(0);
    process.pid = 1;
    process.uid = 0;
    process.pid_namespace = 0;
    process.attached_at_ms = kTime;
    process.name.fill('\0');
    process.name[0] = 'p';
    for (std::uint32_t i = 0; i < region.segments_known(); ++i) {
        if (region.segment(i).opened_at_ms != 0) region.segment(i).opened_at_ms = kTime;
    }
}

std::string bytes_of(const std::string& digits) {
    std::istringstream in(digits);
    std::string bytes;
    for (std::string pair; in >> pair;) bytes += static_cast<char>(std::stoul(pair, nullptr, 16));
    return bytes;
}

}  // namespace

void make_fixed_file(const std::string& path, const std::function<void(Cache&)>& fill) {
    platform::set_boot_id_for_tests({'a', ' ', 'b', 'o', 'o', 't', ' ', 'f', 'o', 'r', ' ', 't', 'e', 's', 't', 's'});
    Options options;
    options.capacity = 1U << 20U;
    options.reservation = 1U << 20U;
    options.max_processes = 8;
    options.flush_on_close = true;
    REQUIRE_OK(opened(Cache::create(path, options)).close());
    fix_identity(path);
    auto cache = opened(Cache::open(path, options));
    fill(cache);
    REQUIRE_OK(cache.close());
    fix_moments(path);
}

std::string to_hex(const std::string& file_bytes) {
    std::ostringstream out;
    out << "size " << file_bytes.size() << '\n' << std::hex << std::setfill('0');
    for (std::size_t at = 0; at < file_bytes.size(); at += kRow) {
        const std::string row = file_bytes.substr(at, kRow);
        if (row.find_first_not_of('\0') == std::string::npos) continue;
        out << std::setw(8) << at;
        for (const char byte : row) out << ' ' << std::setw(2) << static_cast<unsigned>(static_cast<unsigned char>(byte));
        out << '\n';
    }
    return out.str();
}

std::string from_hex(const std::string& text) {
    std::istringstream in(text);
    std::string word;
    std::size_t size = 0;
    REQUIRE((in >> word >> size && word == "size"));
    std::string bytes(size, '\0');
    in.ignore();
    for (std::string line; std::getline(in, line);) {
        const std::size_t at = std::stoul(line.substr(0, 8), nullptr, 16);
        const std::string row = bytes_of(line.substr(9));
        REQUIRE(at + row.size() <= size);
        bytes.replace(at, row.size(), row);
    }
    return bytes;
}

Rows rows_of_document(const std::string& text) {
    std::istringstream in(text);
    Rows rows;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.rfind("```", 0) == 0) {
            inside = line == "```dump";
            continue;
        }
        const std::size_t begin = line.find("  ");
        if (!inside || begin == std::string::npos) continue;
        const std::size_t end = line.find("  ", begin + 2);
        const std::string bytes = bytes_of(line.substr(begin + 2, end - begin - 2));
        INFO(line);
        REQUIRE(rows.emplace(std::stoul(line.substr(0, begin), nullptr, 16), bytes).second);
    }
    return rows;
}

}  // namespace larder::tests
