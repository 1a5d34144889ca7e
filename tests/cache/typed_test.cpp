// Values of any trivially copyable type.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>

using namespace larder;
using namespace larder::tests;

namespace {

struct Point {
    std::int32_t x = 0;
    std::int32_t y = 0;
    bool operator==(const Point&) const = default;
};

enum class Colour : std::uint8_t { red, green };

struct TypedFixture {
    TemporaryDirectory directory;
    Cache cache = opened(Cache::create(directory.file("c")));
};

}  // namespace

TEST_CASE_METHOD(TypedFixture, "typed values come back as they went in") {
    REQUIRE_OK(cache.set("int", -42));
    REQUIRE_OK(cache.set("double", 2.5));
    REQUIRE_OK(cache.set("bool", true));
    REQUIRE_OK(cache.set("point", Point{3, -4}));
    REQUIRE_OK(cache.set("colour", Colour::green));
    REQUIRE_OK(cache.set("array", std::array<std::uint64_t, 1000>{1, 2, 3}));
    CHECK(*cache.get<int>("int") == -42);
    CHECK(*cache.get<double>("double") == 2.5);
    CHECK(*cache.get<bool>("bool"));
    CHECK(*cache.get<Point>("point") == Point{3, -4});
    CHECK(*cache.get<Colour>("colour") == Colour::green);
    CHECK((*cache.get<std::array<std::uint64_t, 1000>>("array") == std::array<std::uint64_t, 1000>{1, 2, 3}));
}

TEST_CASE_METHOD(TypedFixture, "a typed get finds a value of another size") {
    REQUIRE_OK(cache.set("four", std::int32_t{1}));
    CHECK_CODE(cache.get<std::int64_t>("four"), Code::size_mismatch);
    CHECK_CODE(cache.get<std::int16_t>("four"), Code::size_mismatch);
    CHECK_CODE(cache.get<Point>("four"), Code::size_mismatch);
    CHECK_CODE(cache.get<char>("four"), Code::size_mismatch);
    CHECK(cache.get<std::uint32_t>("four").ok());
    CHECK_CODE(cache.get<std::int32_t>("absent"), Code::not_found);
}

TEST_CASE_METHOD(TypedFixture, "strings go in as strings, in each form they come in") {
    const std::string text = "text";
    const char* pointer = "pointer";
    REQUIRE_OK(cache.set("literal", "literal"));
    REQUIRE_OK(cache.set("string", text));
    REQUIRE_OK(cache.set("view", std::string_view(text)));
    REQUIRE_OK(cache.set("pointer", pointer));
    CHECK(value_of(cache, "literal") == "literal");
    CHECK(value_of(cache, "string") == "text");
    CHECK(value_of(cache, "view") == "text");
    CHECK(value_of(cache, "pointer") == "pointer");
}

TEST_CASE_METHOD(TypedFixture, "typed writes take options") {
    WriteOptions options;
    options.flags = 9;
    options.ttl = Ttl::after(std::chrono::hours(1));
    REQUIRE_OK(cache.set("key", 1.5, options));
    CHECK(cache.info("key")->flags == 9);
    CHECK(cache.info("key")->expires_at_ms != 0);
    options.ttl = Ttl::after(std::chrono::milliseconds(0));
    REQUIRE_OK(cache.set_value("key", 1.5, options));
    CHECK_CODE(cache.get<double>("key"), Code::not_found);
}
