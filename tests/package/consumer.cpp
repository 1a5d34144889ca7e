// An embedder's program, built against the installed package alone: one file written by one handle and read by the next.
#include <larder/larder.hpp>

#include <cstdio>
#include <string>

namespace {

int complain(const char* what, const larder::Status& status) {
    std::fprintf(stderr, "%s: %s\n", what, status.message().c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const std::string path = argv[1];
    {
        auto cache = larder::Cache::create(path);
        if (!cache.ok()) return complain("create", cache.status());
        const auto stored = cache->set("key", "value");
        if (!stored.ok()) return complain("set", stored);
    }
    larder::Options options;
    options.read_only = true;
    auto cache = larder::Cache::open(path, options);
    if (!cache.ok()) return complain("open", cache.status());
    const auto value = cache->get("key");
    if (!value.ok()) return complain("get", value.status());
    auto memory = larder::MappedFile::anonymous(4096);
    if (!memory.ok()) return complain("anonymous", memory.status());
    std::printf("%s %s\n", (*value).c_str(), std::string(larder::version()).c_str());
    return 0;
}
