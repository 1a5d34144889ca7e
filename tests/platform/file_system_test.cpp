// File systems whose mappings are one memory are told from those that say otherwise.
#include "engine/platform/file_system.hpp"
#include "engine/platform/descriptor.hpp"
#include "tests/support/check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>

using namespace larder;
using namespace larder::tests;
using namespace larder::platform;

TEST_CASE("local file systems are fit") {
    const TemporaryDirectory directory;
    write_file(directory.file("file"), "x");
    const Descriptor file(::open(directory.file("file").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE_OK(check_coherent_mappings(file.number(), directory.file("file")));
    const Descriptor proc(::open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
    REQUIRE_OK(check_coherent_mappings(proc.number(), "/proc/self/stat"));
}

TEST_CASE("what cannot be asked is an error that names the path") {
    const Status status = check_coherent_mappings(-1, "/some/file");
    CHECK_CODE(status, Code::io_error);
    CHECK(status.message().find("/some/file") != std::string::npos);
}
