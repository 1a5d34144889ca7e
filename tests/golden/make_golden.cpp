// Makes the files of fixed bytes anew, in $LARDER_GOLDEN_OUT: test_golden "[.make]". For a new version of the format, and for
// the dumps of engine/FORMAT.md.
#include "tests/golden/golden_file.hpp"
#include "tests/golden/golden_records.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>

using namespace larder::tests;

TEST_CASE("writes the files of fixed bytes", "[.make]") {
    const char* directory = std::getenv("LARDER_GOLDEN_OUT");
    REQUIRE(directory != nullptr);
    const std::string golden = std::string(directory) + "/golden";
    make_fixed_file(golden, fill_golden);
    write_file(golden + ".hex", to_hex(read_file(golden)));
    make_fixed_file(std::string(directory) + "/document", fill_for_document);
}
