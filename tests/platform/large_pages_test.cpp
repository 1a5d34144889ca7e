#include "engine/platform/large_pages.hpp"

#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/mapped_file.hpp>

#include <cstdint>
#include <string>
#include <utility>

using namespace larder;
using namespace larder::tests;

TEST_CASE("views of two megabytes and more lie where large pages fit") {
    TemporaryDirectory directory;
    MappedFile file = std::move(*MappedFile::create(directory.file("f"), 5 * platform::kLargePageBytes));
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{4096}, platform::kLargePageBytes + 8192}) {
        const MappedView view = std::move(*file.view(offset, 3 * platform::kLargePageBytes));
        CHECK((reinterpret_cast<std::uintptr_t>(view.data()) - offset) % platform::kLargePageBytes == 0);
    }
    CHECK(platform::place_for_large_pages(0, platform::kLargePageBytes - 1) == nullptr);
}

TEST_CASE("what lies in a file stays as it is while its pages become large, for all who have it mapped") {
    TemporaryDirectory directory;
    MappedFile file = std::move(*MappedFile::create(directory.file("f"), 2 * platform::kLargePageBytes));
    const MappedView one = std::move(*file.view(0, 0, Access::read_write));
    const MappedView other = std::move(*file.view(0, 0, Access::read_write));
    for (std::uint64_t at = 0; at < one.size(); at += 5000) one.data()[at] = static_cast<std::byte>(at / 5000);
    const std::string before = read_file(directory.file("f"));
    platform::use_large_pages(one.data(), one.size());
    CHECK((read_file(directory.file("f")) == before));
    for (std::uint64_t at = 0; at < one.size(); at += 5000) REQUIRE(other.data()[at] == static_cast<std::byte>(at / 5000));
    other.data()[1] = std::byte{77};
    CHECK(one.data()[1] == std::byte{77});
}
