#include "compare/store.hpp"

#include <sys/stat.h>

#include <fstream>
#include <string>

namespace larder::bench {

std::uint64_t file_footprint(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * 512U;
}

std::uint64_t memory_footprint(int pid) {
    const std::string name = pid == 0 ? "self" : std::to_string(pid);
    std::ifstream file("/proc/" + name + "/status");
    for (std::string word; file >> word;) {
        if (word != "RssAnon:") continue;
        std::uint64_t kibibytes = 0;
        file >> kibibytes;
        return kibibytes * 1024U;
    }
    return 0;
}

}  // namespace larder::bench
