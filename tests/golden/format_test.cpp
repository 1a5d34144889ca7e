// The format of the file: what engine/FORMAT.md shows is what the engine writes, and files written long ago can be read.
#include "tests/golden/golden_file.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include "engine/format/record.hpp"
#include "engine/region/record_access.hpp"

#include <cstdlib>

using namespace larder;
using namespace larder::tests;

namespace {

const std::string kDocument = LARDER_TEST_DATA "/../../engine/FORMAT.md";
const std::string kGoldenFile = LARDER_TEST_DATA "/../golden/format-1.hex";
constexpr std::int64_t kFarAway = 4'102'444'800'000;  // the year 2100

constexpr std::size_t kProcessTable = 0x1000;
constexpr std::size_t kProcessTableBytes = 0x4000;

/// The two records that the document shows.
void fill_for_document(Cache& cache) {
    REQUIRE_OK(cache.set("key", "value"));
    REQUIRE_OK(cache.set("fish", "chips", {Ttl::at(kFarAway), 7}));
}

std::string long_key() { return "long key" + std::string(9000, '\0') + "end"; }
std::string large_value() { return "large" + std::string(70'000, '\0') + "end"; }
std::string wide_value() { return "wide" + std::string(1500, '\0') + "end"; }

/// One record of each kind.
void fill_golden(Cache& cache) {
    fill_for_document(cache);
    REQUIRE_OK(cache.set("empty", ""));
    REQUIRE_OK(cache.set("gone", "this was removed"));
    REQUIRE_OK(cache.set("changed", "this was overwritten"));
    REQUIRE_OK(cache.set("changed", "new"));
    REQUIRE_OK(cache.set("touched", "kept", {Ttl::after(std::chrono::hours(1))}));
    REQUIRE_OK(cache.touch("touched", Ttl::at(kFarAway + 1)));
    REQUIRE_OK(cache.set(std::string(300, 'k'), wide_value()));
    REQUIRE_OK(cache.set("large", large_value()));
    REQUIRE_OK(cache.set(long_key(), "short"));
    REQUIRE_OK(cache.set(long_key() + "2", large_value(), {Ttl::at(kFarAway + 2), 9}));
    REQUIRE_OK(cache.remove("gone"));
    REQUIRE_OK(cache.flush());
}

void require_golden_records(const Cache& cache) {
    CHECK(value_of(cache, "key") == "value");
    CHECK(value_of(cache, "fish") == "chips");
    CHECK(value_of(cache, "empty").empty());
    CHECK(value_of(cache, "gone") == "<not_found>");
    CHECK(value_of(cache, "changed") == "new");
    CHECK(value_of(cache, "touched") == "kept");
    CHECK((value_of(cache, std::string(300, 'k')) == wide_value()));
    CHECK((value_of(cache, "large") == large_value()));
    CHECK((value_of(cache, long_key()) == "short"));
    CHECK((value_of(cache, long_key() + "2") == large_value()));
    const auto fish = cache.info("fish");
    REQUIRE_OK(fish);
    CHECK(fish->flags == 7);
    CHECK(fish->expires_at_ms == kFarAway);
    const auto last = cache.info(long_key() + "2");
    REQUIRE_OK(last);
    CHECK(last->flags == 9);
    CHECK(last->expires_at_ms == kFarAway + 2);
    CHECK(stats_of(cache).records == 9);
    require_clean(cache);
}

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

TEST_CASE("a file made by the first version of the format opens and reads") {
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

TEST_CASE("a file made by the first version of the format can be recovered") {
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

TEST_CASE("writes the files anew", "[.make]") {
    const char* directory = std::getenv("LARDER_GOLDEN_OUT");
    REQUIRE(directory != nullptr);
    const std::string golden = std::string(directory) + "/golden";
    make_fixed_file(golden, fill_golden);
    write_file(golden + ".hex", to_hex(read_file(golden)));
    make_fixed_file(std::string(directory) + "/document", fill_for_document);
}
