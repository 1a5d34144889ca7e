// Windows onto a file: any range of it, several at once, never beyond the end.
#include "tests/platform/child.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <larder/mapped_file.hpp>

#include <array>
#include <limits>
#include <string>
#include <utility>

using namespace larder;
using namespace larder::tests;

namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

MappedFile memory(std::uint64_t size) {
    auto file = MappedFile::anonymous(size);
    REQUIRE_OK(file);
    return std::move(*file);
}

MappedView seen(const MappedFile& file, std::uint64_t offset = 0, std::uint64_t length = 0) {
    auto view = file.view(offset, length);
    REQUIRE_OK(view);
    return std::move(*view);
}

void require_closed(MappedView& view) {
    CHECK_FALSE(view.is_open());
    CHECK(view.data() == nullptr);
    CHECK(view.size() == 0);
    CHECK(view.offset() == 0);
    CHECK_CODE(view.read<char>(0), Code::closed);
    CHECK_CODE(view.write(0, 'x'), Code::closed);
    CHECK_CODE(view.span<char>(0, 0), Code::closed);
    CHECK_CODE(view.flush(), Code::closed);
    CHECK_CODE(view.close(), Code::closed);
}

}  // namespace

TEST_CASE("a view begins and ends where it is asked to") {
    const MappedFile file = memory(20'000);
    MappedView whole = seen(file);
    CHECK(whole.size() == 20'000);
    for (std::uint64_t i = 0; i < 20'000; ++i) REQUIRE_OK(whole.write(i, static_cast<std::uint8_t>(i * 7 % 251)));
    constexpr std::array<std::uint64_t, 8> kOffsets = {0, 1, 4095, 4096, 4097, 8191, 12'288, 19'999};
    for (const std::uint64_t offset : kOffsets) {
        const MappedView to_end = seen(file, offset);
        CHECK(to_end.offset() == offset);
        CHECK(to_end.size() == 20'000 - offset);
        CHECK(to_end.data() != nullptr);
        CHECK(reinterpret_cast<std::uintptr_t>(to_end.data()) % 4096 == offset % 4096);
        CHECK(*to_end.read<std::uint8_t>(0) == offset * 7 % 251);
        CHECK(*to_end.read<std::uint8_t>(to_end.size() - 1) == 19'999 * 7 % 251);
        const MappedView one = seen(file, offset, 1);
        CHECK(one.size() == 1);
        CHECK(*one.read<std::uint8_t>(0) == offset * 7 % 251);
        CHECK_CODE(one.read<std::uint16_t>(0), Code::invalid_argument);
    }
}

TEST_CASE("no view reaches beyond the end") {
    const MappedFile file = memory(20'000);
    CHECK_CODE(file.view(20'000), Code::invalid_argument);
    CHECK_CODE(file.view(20'001), Code::invalid_argument);
    CHECK_CODE(file.view(0, 20'001), Code::invalid_argument);
    CHECK_CODE(file.view(1, 20'000), Code::invalid_argument);
    CHECK_CODE(file.view(kMost), Code::invalid_argument);
    CHECK_CODE(file.view(1, kMost), Code::invalid_argument);
    CHECK_CODE(file.view(kMost, kMost), Code::invalid_argument);
}

TEST_CASE("values are read and written within the view only") {
    const MappedFile file = memory(5000);
    MappedView view = seen(file, 100, 16);
    REQUIRE_OK(view.write(8, std::uint64_t{0x0102030405060708}));
    CHECK(*view.read<std::uint64_t>(8) == 0x0102030405060708);
    REQUIRE_OK(view.write(3, 1.5));
    CHECK(*view.read<double>(3) == 1.5);
    for (const std::uint64_t beyond : {std::uint64_t{9}, std::uint64_t{16}, std::uint64_t{17}, kMost - 3, kMost}) {
        CHECK_CODE(view.read<std::uint64_t>(beyond), Code::invalid_argument);
        CHECK_CODE(view.write(beyond, std::uint64_t{1}), Code::invalid_argument);
        CHECK_CODE(view.span<std::uint64_t>(beyond, 1), Code::invalid_argument);
    }
    const std::array<std::uint32_t, 4> numbers = {1, 2, 3, 4};
    REQUIRE_OK(view.write_array<std::uint32_t>(0, numbers));
    std::array<std::uint32_t, 4> back{};
    REQUIRE_OK(view.read_array<std::uint32_t>(0, back));
    CHECK(back == numbers);
    CHECK_CODE(view.write_array<std::uint32_t>(1, numbers), Code::invalid_argument);
    CHECK_CODE(view.read_array<std::uint32_t>(4, back), Code::invalid_argument);
    REQUIRE_OK(view.read_bytes(16, {}));
    CHECK_CODE(view.read_bytes(17, {}), Code::invalid_argument);
    CHECK(*seen(file, 116, 4).read<std::uint32_t>(0) == 0);
}

TEST_CASE("a span is the bytes in place, aligned and within the view") {
    const MappedFile file = memory(5000);
    MappedView view = seen(file, 4, 32);
    auto numbers = view.span<std::uint32_t>(0, 8);
    REQUIRE_OK(numbers);
    (*numbers)[7] = 77;
    CHECK(*view.read<std::uint32_t>(28) == 77);
    CHECK(view.span<const std::uint32_t>(28, 1)->front() == 77);
    CHECK_CODE(view.span<std::uint32_t>(0, 9), Code::invalid_argument);
    CHECK_CODE(view.span<std::uint32_t>(4, 8), Code::invalid_argument);
    CHECK_CODE(view.span<std::uint32_t>(2, 1), Code::invalid_argument);
    CHECK_CODE(view.span<std::uint64_t>(0, 1), Code::invalid_argument);  // the view itself begins at offset 4
    REQUIRE_OK(view.span<std::uint64_t>(4, 3));
    CHECK_CODE(view.span<std::uint64_t>(4, kMost / 8 + 1), Code::invalid_argument);
    CHECK_CODE(view.span<char>(0, kMost), Code::invalid_argument);
    CHECK(view.span<std::uint32_t>(32, 0)->empty());
}

TEST_CASE("several views of one file are one memory") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), 20'000);
    REQUIRE_OK(file);
    auto again = MappedFile::open(directory.file("file"));
    REQUIRE_OK(again);
    MappedView first = seen(*file);
    const MappedView second = seen(*file, 5000, 100);
    const MappedView third = seen(*again, 5001);
    REQUIRE_OK(first.write(5010, 'a'));
    CHECK(*second.read<char>(10) == 'a');
    CHECK(*third.read<char>(9) == 'a');
    CHECK(in_child([&] {
              auto own = MappedFile::open(directory.file("file"));
              if (!own.ok() || !own->view()->write(5010, 'b').ok()) return std::string("failed");
              return std::string("written");
          }) == "written");
    CHECK(*first.read<char>(5010) == 'b');
    CHECK(*third.read<char>(9) == 'b');
}

TEST_CASE("views keep what they look at alive") {
    const TemporaryDirectory directory;
    auto file = MappedFile::create(directory.file("file"), 100);
    REQUIRE_OK(file);
    MappedView first = seen(*file);
    MappedView second = seen(*file);
    REQUIRE_OK(file->close());
    REQUIRE_OK(first.write(0, 'a'));
    REQUIRE_OK(first.flush());
    CHECK(*second.read<char>(0) == 'a');
    REQUIRE_OK(first.close());
    require_closed(first);
    CHECK(*second.read<char>(0) == 'a');
    CHECK(read_file(directory.file("file"))[0] == 'a');
}

TEST_CASE("calls on a closed or moved-from view say so") {
    MappedView never;
    require_closed(never);
    const MappedFile file = memory(100);
    MappedView view = seen(file);
    MappedView moved = std::move(view);
    require_closed(view);  // NOLINT(bugprone-use-after-move): that is the point
    REQUIRE_OK(moved.write(0, 'a'));
    MappedView assigned = seen(file);
    assigned = std::move(moved);
    CHECK(*assigned.read<char>(0) == 'a');
}

TEST_CASE("a range to flush lies within the view") {
    const MappedFile file = memory(20'000);
    const MappedView view = seen(file, 3, 10'000);
    REQUIRE_OK(view.flush());
    REQUIRE_OK(view.flush(9'999, 1));
    REQUIRE_OK(view.flush(4'090, 20));
    REQUIRE_OK(view.flush(10'000));
    CHECK_CODE(view.flush(10'000, 1), Code::invalid_argument);
    CHECK_CODE(view.flush(1, kMost), Code::invalid_argument);
}
