// The format of the file: what engine/FORMAT.md shows is what the engine writes, and files written long ago can be read.
#include "tests/golden/golden_file.hpp"
#include "tests/golden/golden_records.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include "engine/format/record.hpp"

#include <algorithm>

using namespace larder;
using namespace larder::tests;

namespace {

const std::string kDocument = LARDER_TEST_DATA "/../../engine/FORMAT.md";
const std::string kGoldenFile = LARDER_TEST_DATA "/../golden/format-3.hex";

constexpr std::size_t kProcessTable = 0x1000;
constexpr std::size_t kProcessTableBytes = 0x4000;

}  // namespace

TEST_CASE("the dumps in the document are what the engine writes") {
    TemporaryDirectory directory;
    make_fixed_file(directory.file("c"), fill_for_document);
    const std::string file = read_file(directory.file("c"));
    std::string shown(file.size(), '\0');
    for (const auto& [offset, bytes] : rows_of_document(read_file(kDocument))) {
        INFO("row at offset 0x" << std::hex << offset);
        REQUIRE(offset + bytes.size() <= file.size());
        CHECK(to_hex(file.substr(offset, bytes.size())) == to_hex(bytes));
        shown.replace(offset, bytes.size(), bytes);
    }
    // All else is zeros, but for the process table, which is not shown.
    shown.replace(kProcessTable, kProcessTableBytes, file, kProcessTable, kProcessTableBytes);
    CHECK(to_hex(shown) == to_hex(file));
}

TEST_CASE("a file made by the first release of the format opens and reads") {
    TemporaryDirectory directory;
    const std::string bytes = from_hex(read_file(kGoldenFile));
    write_file(directory.file("c"), bytes);
    Options options;
    options.read_check = ReadCheck::always;
    options.recovery = Recovery::refuse;
    options.read_only = true;
    require_golden_records(opened(Cache::open(directory.file("c"), options)));
    CHECK((read_file(directory.file("c")) == bytes));
    options.read_only = false;
    auto cache = opened(Cache::open(directory.file("c"), options));
    require_golden_records(cache);
    const std::uint64_t version = version_of(cache, "touched");
    REQUIRE_OK(cache.compare_and_swap("touched", "swapped", version));
    REQUIRE_OK(cache.set("new", "one"));
    CHECK(value_of(cache, "new") == "one");
    require_clean(cache);
}

TEST_CASE("a file made by the first release of the format can be recovered") {
    TemporaryDirectory directory;
    std::string bytes = from_hex(read_file(kGoldenFile));
    constexpr std::size_t kMarkAt = 168;
    REQUIRE(bytes[kMarkAt] == 1);
    bytes[kMarkAt] = 0;
    write_file(directory.file("c"), bytes);
    require_golden_records(opened(Cache::open(directory.file("c"))));
}

TEST_CASE("each bit of a record's header that readers go by is under its checksum") {
    format::RecordMeta meta;
    meta.key_length = 300;
    meta.value_length = 70'000;
    meta.client_flags = 1;
    meta.version = 2;
    meta.expires_at_ms = 3;
    meta.soft_expires_at_ms = 4;
    format::choose_flags(meta);
    std::byte head[format::kMaxFieldBytes] = {};
    const std::size_t bytes = format::encode_meta(meta, head);
    REQUIRE(bytes == format::kMaxFieldBytes);
    const std::uint32_t right = format::record_checksum(5, 6, meta, 7, 8);
    for (std::size_t bit = 32; bit < bytes * 8; ++bit) {
        std::byte changed[format::kMaxFieldBytes];
        std::copy_n(head, bytes, changed);
        changed[bit / 8] ^= std::byte{1} << (bit % 8);
        format::RecordMeta other;
        if (!format::decode_meta(changed, other)) continue;
        // The short lengths mean nothing in a wide header, and the upper half of the client's flags is zeros.
        const bool meaningless = (bit / 8 >= 5 && bit / 8 < 8) || bit / 8 >= 44;
        INFO("bit " << bit);
        if (!meaningless) CHECK(format::record_checksum(5, 6, other, 7, 8) != right);
    }
}
