#include "engine/platform/lock_holder.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

namespace larder::platform {
namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

// Calls `visit(number)` for each name in the directory that is a number, until it returns true.
template <class Visit>
bool any_number_in(const std::string& path, Visit&& visit) {
    const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
    if (directory == nullptr) return false;
    while (const dirent* found = ::readdir(directory.get())) {
        const std::string_view name(found->d_name);
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc() && end == name.data() + name.size() && visit(number)) return true;
    }
    return false;
}

// "lock:\t1: OFDLCK ADVISORY  WRITE -1 fe:00:1234 4611686018427387904 4611686018427387905"
bool covers(const std::string& line, std::uint64_t offset) {
    std::istringstream words(line);
    std::string label, number, kind, advice, use, process, file;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    if (!(words >> label >> number >> kind >> advice >> use >> process >> file >> begin >> end)) return false;
    return label == "lock:" && kind == "OFDLCK" && begin <= offset && offset <= end;
}

bool holds(const std::string& process, std::uint32_t descriptor, const struct stat& file, std::uint64_t offset) {
    std::ifstream information(process + "/fdinfo/" + std::to_string(descriptor));
    for (std::string line; std::getline(information, line);) {
        if (!covers(line, offset)) continue;
        struct stat other {};
        return ::stat((process + "/fd/" + std::to_string(descriptor)).c_str(), &other) == 0 && other.st_dev == file.st_dev &&
               other.st_ino == file.st_ino;
    }
    return false;
}

bool process_holds(std::uint32_t number, const struct stat& file, std::uint64_t offset) {
    const std::string process = "/proc/" + std::to_string(number);
    return any_number_in(process + "/fdinfo", [&](std::uint32_t fd) { return holds(process, fd, file, offset); });
}

// "1234 (name) T ...": the name may hold anything.
LockHolder look_at(std::uint32_t number) {
    std::stringstream text;
    text << std::ifstream("/proc/" + std::to_string(number) + "/stat").rdbuf();
    const std::string line = text.str();
    LockHolder holder{number, {}, '?'};
    const std::size_t begin = line.find('(');
    const std::size_t end = line.rfind(')');
    if (begin == std::string::npos || end == std::string::npos || end + 2 >= line.size()) return holder;
    holder.name = line.substr(begin + 1, end - begin - 1);
    holder.state = line[end + 2];
    return holder;
}

}  // namespace

std::optional<LockHolder> find_lock_holder(int descriptor, std::uint64_t offset, std::uint32_t likely) {
    struct stat file {};
    if (::fstat(descriptor, &file) != 0) return std::nullopt;
    std::uint32_t found = 0;
    if (likely != 0 && process_holds(likely, file, offset)) {
        found = likely;
    } else {
        any_number_in("/proc", [&](std::uint32_t number) {
            if (number != likely && process_holds(number, file, offset)) found = number;
            return found != 0;
        });
    }
    if (found == 0) return std::nullopt;
    return look_at(found);
}

std::string describe(const LockHolder& holder) {
    const char* state = holder.state == 'T' ? "stopped" : holder.state == 't' ? "stopped by a debugger" : "alive";
    return "process " + std::to_string(holder.process) + " (" + holder.name + "), which is " + state;
}

}  // namespace larder::platform
