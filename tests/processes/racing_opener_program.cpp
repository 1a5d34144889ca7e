// A process that waits for the end of its input, then opens a cache that others open at the same time:
// PATH NUMBER create|open_or_create|open. Exit codes: 0 attached, 3 exists, 4 no such file, 1 anything else.
#include <larder/cache.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include <unistd.h>

namespace {

int complain(const char* what, const larder::Status& status) {
    std::fprintf(stderr, "%s: %s\n", what, status.message().c_str());
    return 1;
}

int use(larder::Cache& cache, const std::string& number) {
    auto status = cache.set("opener " + number, "value of " + number);
    if (!status.ok()) return complain("set", status);
    const auto count = cache.increment("openers", 1, 1);
    if (!count.ok()) return complain("increment", count.status());
    const auto value = cache.get("opener " + number);
    if (!value.ok()) return complain("get", value.status());
    if (*value != "value of " + number) return complain("get", larder::Status(larder::Code::corrupt, *value));
    status = cache.close();
    return status.ok() ? 0 : complain("close", status);
}

}  // namespace

int main(int count, char** arguments) {
    using namespace larder;
    if (count != 4) return 2;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) continue;
    Options options;
    options.capacity = 4U << 20U;
    options.timeout = std::chrono::seconds(20);
    const std::string_view way = arguments[3];
    auto cache = way == "create" ? Cache::create(arguments[1], options)
                 : way == "open" ? Cache::open(arguments[1], options)
                                 : Cache::open_or_create(arguments[1], options);
    if (cache.code() == Code::exists && way == "create") return 3;
    if (cache.code() == Code::no_such_file && way == "open") return 4;
    if (!cache.ok()) return complain(arguments[3], cache.status());
    return use(*cache, arguments[2]);
}
