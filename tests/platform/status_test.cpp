// Codes have names, and refusals of the operating system become codes and messages that name the culprit.
#include "engine/platform/system_error.hpp"
#include "tests/support/check.hpp"

#include <cerrno>
#include <set>

using namespace larder;

TEST_CASE("each code has a name of its own") {
    std::set<std::string_view> names;
    for (std::uint8_t number = 0; number <= static_cast<std::uint8_t>(Code::lost); ++number) {
        names.insert(code_name(static_cast<Code>(number)));
    }
    CHECK(names.size() == static_cast<std::size_t>(Code::lost) + 1);
    CHECK(names.count("unknown") == 0);
    CHECK(code_name(Code::ok) == "ok");
    CHECK(code_name(Code::too_large) == "too_large");
    CHECK(code_name(Code::no_such_file) == "no_such_file");
    CHECK(code_name(Code::lost) == "lost");
    CHECK(code_name(static_cast<Code>(21)) == "unknown");
    CHECK(code_name(static_cast<Code>(255)) == "unknown");
}

TEST_CASE("a refusal names the call, the path and the reason") {
    const Status status = platform::system_error("open", "/some/file", ENOENT);
    CHECK(status.code() == Code::no_such_file);
    CHECK(status.message() == "open /some/file: No such file or directory");
    CHECK(platform::system_error("msync", {}, EIO).message() == "msync: Input/output error");
}

TEST_CASE("reasons that callers act on have codes of their own") {
    for (const int error : {EACCES, EPERM, EROFS}) CHECK_CODE(platform::system_error("f", {}, error), Code::permission);
    for (const int error : {ENOSPC, EDQUOT}) CHECK_CODE(platform::system_error("f", {}, error), Code::full);
    for (const int error : {EOPNOTSUPP, ENOSYS}) CHECK_CODE(platform::system_error("f", {}, error), Code::unsupported);
    CHECK_CODE(platform::system_error("f", {}, EEXIST), Code::exists);
    CHECK_CODE(platform::system_error("f", {}, EMFILE), Code::io_error);
}
