// Who we are, as other processes and later boots will compare it.
#include "engine/platform/process.hpp"
#include "tests/platform/child.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include <sys/prctl.h>
#include <unistd.h>

using namespace larder::tests;
using namespace larder::platform;

namespace {

std::string to_hex(const BootId& id) {
    std::string text;
    for (const std::uint8_t byte : id) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

}  // namespace

TEST_CASE("the boot id is the kernel's") {
    std::string text;
    REQUIRE(std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), text));
    text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
    CHECK(to_hex(boot_id()) == text);
    CHECK(in_child([] { return to_hex(boot_id()); }) == text);
}

TEST_CASE("a test can pretend that the machine went down") {
    const std::string real = to_hex(boot_id());
    const std::string pretended = in_child([] {
        set_boot_id_for_tests({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
        return to_hex(boot_id());
    });
    CHECK(pretended == "0102030405060708090a0b0c0d0e0f10");
    CHECK(to_hex(boot_id()) == real);
}

TEST_CASE("the process knows its number, user, name and namespace") {
    CHECK(process_id() == static_cast<std::uint32_t>(::getpid()));
    CHECK(user_id() == ::geteuid());
    CHECK(pid_namespace() != 0);
    CHECK(in_child([] { return std::to_string(pid_namespace()); }) == std::to_string(pid_namespace()));
    const auto renamed = [](const char* name) {
        return in_child([name] {
            ::prctl(PR_SET_NAME, name);
            return process_name();
        });
    };
    CHECK(renamed("short") == "short");
    CHECK(renamed("a name that is too long") == "a name that is ");
}

TEST_CASE("random numbers differ") {
    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 1000; ++i) numbers.insert(random_u64());
    CHECK(numbers.size() == 1000);
}
