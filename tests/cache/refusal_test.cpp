// What create() and open() refuse, with which code, and that nothing is touched then.
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

#include <sys/stat.h>

using namespace larder;
using namespace larder::tests;

namespace {

void require_refused(const Result<Cache>& result, Code expected) {
    INFO("message: " << result.status().message());
    REQUIRE(result.code() == expected);
    CHECK(result.status().message() != code_name(expected));
}

struct BadOption {
    const char* name;
    std::function<void(Options&)> spoil;
};

const std::vector<BadOption>& bad_creation_options() {
    using std::chrono::milliseconds;
    static const std::vector<BadOption> list{
        {"capacity", [](Options& o) { o.capacity = 0; }},
        {"capacity", [](Options& o) { o.capacity = (1U << 20U) - 1; }},
        {"capacity", [](Options& o) { o.capacity = (std::uint64_t{1} << 40U) + 1; }},
        {"capacity", [](Options& o) { o.capacity = ~std::uint64_t{0}; }},
        {"reservation", [](Options& o) { o.reservation = o.capacity - 1; }},
        {"reservation", [](Options& o) { o.reservation = (std::uint64_t{1} << 40U) + 1; }},
        {"reservation", [](Options& o) { o.reservation = ~std::uint64_t{0}; }},
        {"shards", [](Options& o) { o.shards = 3; }},
        {"shards", [](Options& o) { o.shards = 2048; }},
        {"segment", [](Options& o) { o.segment_size = 16U << 10U; }},
        {"segment", [](Options& o) { o.segment_size = 48U << 10U; }},
        {"segment", [](Options& o) { o.segment_size = 8U << 20U; }},
        {"max_processes", [](Options& o) { o.max_processes = 7; }},
        {"max_processes", [](Options& o) { o.max_processes = 4097; }},
        {"timeout", [](Options& o) { o.timeout = milliseconds(0); }},
        {"timeout", [](Options& o) { o.timeout = milliseconds(-1); }},
        {"timeout", [](Options& o) { o.timeout = std::chrono::hours(1) + milliseconds(1); }},
    };
    return list;
}

}  // namespace

TEST_CASE("creation options outside their range are refused by name, and no file is made") {
    TemporaryDirectory directory;
    for (const auto& bad : bad_creation_options()) {
        Options options;
        bad.spoil(options);
        INFO("option " << bad.name);
        auto result = Cache::create(directory.file("c"), options);
        require_refused(result, Code::invalid_argument);
        CHECK(result.status().message().find(bad.name) != std::string::npos);
        CHECK(count_files(directory.path()) == 0);
    }
}

TEST_CASE("a timeout outside its range is refused at open, too") {
    TemporaryDirectory directory;
    REQUIRE_OK(Cache::create(directory.file("c")));
    Options options;
    options.timeout = std::chrono::milliseconds(0);
    require_refused(Cache::open(directory.file("c"), options), Code::invalid_argument);
    options.timeout = std::chrono::hours(1) + std::chrono::milliseconds(1);
    require_refused(Cache::open(directory.file("c"), options), Code::invalid_argument);
    options.timeout = std::chrono::hours(1);
    REQUIRE_OK(Cache::open(directory.file("c"), options));
    options.timeout = std::chrono::milliseconds(1);
    REQUIRE_OK(Cache::open(directory.file("c"), options));
}

TEST_CASE("a file that does not exist") {
    TemporaryDirectory directory;
    Options read_only;
    read_only.read_only = true;
    require_refused(Cache::open(directory.file("missing")), Code::no_such_file);
    require_refused(Cache::open(directory.file("missing"), read_only), Code::no_such_file);
    require_refused(Cache::open(directory.file("missing/deeper")), Code::no_such_file);
    CHECK_FALSE(Cache::create(directory.file("missing/deeper")).ok());
    CHECK_FALSE(Cache::open_or_create(directory.file("missing/deeper")).ok());
    CHECK_FALSE(Cache::open_or_create(directory.file("missing"), read_only).ok());
    CHECK_FALSE(Cache::open("").ok());
    CHECK_FALSE(Cache::create("").ok());
    CHECK(count_files(directory.path()) == 0);
}

TEST_CASE("a path with a zero byte in it is not cut short") {
    TemporaryDirectory directory;
    const std::string path = directory.file("c") + std::string("\0tail", 5);
    require_refused(Cache::create(path), Code::invalid_argument);
    require_refused(Cache::open_or_create(path), Code::invalid_argument);
    CHECK(count_files(directory.path()) == 0);
}

TEST_CASE("what is no regular file is refused and does not make us wait") {
    TemporaryDirectory directory;
    std::string path;
    SECTION("a directory") { path = directory.path(); }
    SECTION("a FIFO") {
        path = directory.file("fifo");
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    }
    SECTION("a device") { path = "/dev/zero"; }
    Options read_only;
    read_only.read_only = true;
    for (const auto& result :
         {Cache::open(path).code(), Cache::open_or_create(path).code(), Cache::open(path, read_only).code()}) {
        INFO("code " << code_name(result));
        CHECK((result == Code::not_a_cache || result == Code::invalid_argument || result == Code::io_error ||
               result == Code::unsupported));
    }
}

TEST_CASE("a file that is no cache is refused by every open and stays as it is") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    Random random(seed());
    SHOW_SEED();
    std::string content;
    SECTION("nothing") {}
    SECTION("one byte") { content = "x"; }
    SECTION("text") { content = "This is somebody's letter.\n"; }
    SECTION("zeros") { content.assign(3U << 20U, '\0'); }
    SECTION("garbage") {
        content.resize(3U << 20U);
        for (auto& byte : content) byte = static_cast<char>(random.next());
    }
    write_file(path, content);
    Options read_only;
    read_only.read_only = true;
    require_refused(Cache::open(path), Code::not_a_cache);
    require_refused(Cache::open(path, read_only), Code::not_a_cache);
    require_refused(Cache::open_or_create(path), Code::not_a_cache);
    CHECK(read_file(path) == content);
    CHECK(count_files(directory.path()) == 1);
}

TEST_CASE("a cache file cut short is refused, whatever is left of it") {
    TemporaryDirectory directory;
    const auto path = directory.file("c");
    Options options;
    options.capacity = 1U << 20U;
    options.reservation = 1U << 20U;
    {
        auto cache = opened(Cache::create(path, options));
        REQUIRE_OK(cache.set("key", std::string(10'000, 'v')));
    }
    const auto whole = read_file(path);
    for (const std::size_t divisor : {1U, 2U, 3U, 10U, 100U, 1000U, 100'000U}) {
        const std::size_t length = divisor == 1 ? whole.size() - 1 : whole.size() / divisor;
        INFO("length " << length << " of " << whole.size());
        write_file(path, whole.substr(0, length));
        auto result = Cache::open(path);
        INFO("message: " << result.status().message());
        CHECK((result.code() == Code::corrupt || result.code() == Code::not_a_cache));
        CHECK(read_file(path) == whole.substr(0, length));
    }
    write_file(path, whole);
    CHECK(value_of(opened(Cache::open(path)), "key") == std::string(10'000, 'v'));
}

TEST_CASE("the process table has as many places as were asked for") {
    TemporaryDirectory directory;
    Options options;
    options.max_processes = 8;
    std::vector<Cache> handles;
    handles.push_back(opened(Cache::create(directory.file("c"), options)));
    while (handles.size() < 8) handles.push_back(opened(Cache::open(directory.file("c"))));
    require_refused(Cache::open(directory.file("c")), Code::too_many);
    Options read_only;
    read_only.read_only = true;
    REQUIRE_OK(Cache::open(directory.file("c"), read_only));
    REQUIRE_OK(handles[3].close());
    handles[3] = opened(Cache::open(directory.file("c")));
    for (auto& handle : handles) REQUIRE_OK(handle.increment("count", 1, 1));
    CHECK(value_of(handles[0], "count") == "8");
}
