// Codes, Status and Result as values.
#include "tests/support/check.hpp"

#include <set>

using namespace larder;
using namespace larder::tests;

TEST_CASE("every code has a name of its own, and unknown numbers read unknown") {
    std::set<std::string_view> names;
    for (unsigned number = 0; number <= 20; ++number) {
        const auto name = code_name(static_cast<Code>(number));
        CHECK(name != "unknown");
        CHECK(names.insert(name).second);
    }
    for (unsigned number = 21; number <= 255; ++number) CHECK(code_name(static_cast<Code>(number)) == "unknown");
    CHECK(code_name(Code::ok) == "ok");
    CHECK(code_name(Code::not_found) == "not_found");
    CHECK(code_name(Code::version_mismatch) == "version_mismatch");
    CHECK(code_name(Code::not_a_cache) == "not_a_cache");
    CHECK(code_name(Code::lost) == "lost");
}

TEST_CASE("the numbers of the codes are part of the ABI") {
    const std::pair<Code, int> numbers[]{{Code::ok, 0},
                                         {Code::not_found, 1},
                                         {Code::exists, 2},
                                         {Code::version_mismatch, 3},
                                         {Code::size_mismatch, 4},
                                         {Code::not_a_number, 5},
                                         {Code::invalid_argument, 6},
                                         {Code::too_large, 7},
                                         {Code::full, 8},
                                         {Code::busy, 9},
                                         {Code::read_only, 10},
                                         {Code::closed, 11},
                                         {Code::permission, 12},
                                         {Code::no_such_file, 13},
                                         {Code::not_a_cache, 14},
                                         {Code::wrong_version, 15},
                                         {Code::corrupt, 16},
                                         {Code::io_error, 17},
                                         {Code::unsupported, 18},
                                         {Code::too_many, 19},
                                         {Code::lost, 20}};
    for (const auto& [code, number] : numbers) CHECK(static_cast<int>(code) == number);
}

TEST_CASE("a Status is a code and, where needed, a message") {
    const Status good;
    CHECK(good.ok());
    CHECK(static_cast<bool>(good));
    CHECK(good.message() == "ok");
    const Status bare(Code::busy);
    CHECK_FALSE(bare.ok());
    CHECK(bare.message() == "busy");
    Status telling(Code::busy, "shard 3 is held");
    CHECK(telling.message() == "shard 3 is held");
    Status copy(telling);
    telling = Status();
    CHECK(copy.message() == "shard 3 is held");
    const Status& itself = copy;
    copy = itself;
    CHECK(copy.message() == "shard 3 is held");
    telling = std::move(copy);
    CHECK(telling.code() == Code::busy);
    CHECK(telling.message() == "shard 3 is held");
}

TEST_CASE("a Result is a value or the Status that says why not") {
    Result<int> good(5);
    CHECK(good.ok());
    CHECK(good.code() == Code::ok);
    CHECK(*good == 5);
    CHECK(std::move(good).value_or(7) == 5);
    Result<int> bad(Code::full);
    CHECK_FALSE(bad.ok());
    CHECK(bad.code() == Code::full);
    CHECK(std::move(bad).value_or(7) == 7);
    Result<std::string> telling(Status(Code::io_error, "write: 5"));
    CHECK(telling.status().message() == "write: 5");
}
