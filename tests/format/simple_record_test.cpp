// The short forms for records that have no field but an expiry say the same as the general ones.
#include "engine/format/record.hpp"
#include "tests/support/check.hpp"

#include <array>
#include <cstddef>
#include <cstring>

using namespace larder;
using namespace larder::format;

namespace {

RecordMeta simple_meta(std::size_t key_bytes, std::size_t value_bytes, std::int64_t expires_at_ms) {
    RecordMeta meta;
    meta.key_length = static_cast<std::uint16_t>(key_bytes);
    meta.value_length = static_cast<std::uint32_t>(value_bytes);
    meta.expires_at_ms = expires_at_ms;
    choose_flags(meta);
    return meta;
}

RecordHead head_of(const RecordMeta& meta) {
    std::array<std::byte, kMaxFieldBytes> bytes{};
    (void)encode_meta(meta, bytes.data());
    RecordHead head;
    std::memcpy(&head.word, bytes.data(), sizeof head.word);
    return head;
}

}  // namespace

TEST_CASE("a simple record's sizes, checksum and first word are those of its header") {
    for (const std::int64_t expiry : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1'800'000'000'000}, std::int64_t{-1}}) {
        for (const std::size_t key_bytes : {1U, 17U, 255U}) {
            for (const std::size_t value_bytes : {0U, 1U, 100U, 65535U}) {
                const RecordMeta meta = simple_meta(key_bytes, value_bytes, expiry);
                const RecordHead head = head_of(meta);
                REQUIRE(head.is_simple());
                REQUIRE(head.is_simple_with(key_bytes));
                REQUIRE(head.expires() == (expiry != 0));
                REQUIRE(head.bytes() == meta.header_bytes());
                REQUIRE(head.stored_bytes() == meta.stored_bytes());
                REQUIRE(simple_record_bytes(key_bytes, value_bytes, expiry != 0) == meta.stored_bytes());
                const std::uint64_t sum = expiry != 0 ? mix_expiry(12345, expiry) : 12345;
                REQUIRE(head_checksum(sum, 678, head, 9, 4096) == record_checksum(12345, 678, meta, 9, 4096));
            }
        }
    }
}

TEST_CASE("a record with any other field is not simple") {
    RecordMeta meta = simple_meta(17, 100, 5);
    meta.version = 3;
    choose_flags(meta);
    CHECK_FALSE(head_of(meta).is_simple());
    meta = simple_meta(17, 100, 5);
    meta.client_flags = 1;
    choose_flags(meta);
    CHECK_FALSE(head_of(meta).is_simple());
    CHECK_FALSE(head_of(simple_meta(17, 65536, 0)).is_simple());
    CHECK_FALSE(head_of(simple_meta(256, 100, 0)).is_simple());
}
