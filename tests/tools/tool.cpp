#include "tests/tools/tool.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace larder::tests {
namespace {

constexpr uid_t kNobody = 65534;

int opened_for(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) throw std::runtime_error("cannot open " + path);
    return descriptor;
}

/// In the child. `program` was opened before rights were given up: its path may not be open to all.
[[noreturn]] void become(int program, const std::vector<char*>& arguments, const int (&standard)[3], bool nobody) {
    for (int i = 0; i < 3; ++i) {
        if (standard[i] < 0) {
            ::close(i);
        } else if (::dup2(standard[i], i) < 0) {
            ::_exit(126);
        }
    }
    std::signal(SIGPIPE, SIG_DFL);
    if (nobody && ::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
        ::_exit(126);
    }
    ::fexecve(program, arguments.data(), environ);
    ::_exit(127);
}

}  // namespace

Outcome Tool::start(const Start& how, const Arguments& arguments, std::string_view in) const {
    std::vector<std::string> all{"larder"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (auto& argument : all) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    write_file(file(".in"), in);
    const int program = opened_for(LARDER_TOOL_DIR "/larder", O_RDONLY);
    const bool own_out = how.out < 0 && !how.out_path.empty();
    const int standard[3] = {opened_for(file(".in"), O_RDONLY),
                             own_out ? opened_for(how.out_path, O_WRONLY | O_CREAT | O_TRUNC) : how.out,
                             opened_for(file(".err"), O_WRONLY | O_CREAT | O_TRUNC)};
    const pid_t child = ::fork();
    if (child == 0) become(program, pointers, standard, how.nobody);
    for (const int descriptor : {program, standard[0], standard[2], own_out ? standard[1] : -1}) {
        if (descriptor >= 0) ::close(descriptor);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) throw std::runtime_error("cannot run larder");
    Outcome outcome;
    if (WIFEXITED(status)) outcome.exit = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    if (how.out_path == file(".out")) outcome.out = read_file(how.out_path);
    outcome.err = read_file(file(".err"));
    return outcome;
}

Outcome Tool::run(const Arguments& arguments, std::string_view in) const {
    return start({.out_path = file(".out")}, arguments, in);
}

Outcome Tool::run_as_nobody(const Arguments& arguments) const {
    // Nobody must be able to reach the file, though not to write it.
    ::chmod(directory().c_str(), 0755);
    return start({.out_path = file(".out"), .nobody = true}, arguments, {});
}

Outcome Tool::run_into(const std::string& out_path, const Arguments& arguments) const {
    return start({.out_path = out_path}, arguments, {});
}

Outcome Tool::run_into_broken_pipe(const Arguments& arguments) const {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::close(ends[0]);
    auto outcome = start({.out_path = {}, .out = ends[1]}, arguments, {});
    ::close(ends[1]);
    return outcome;
}

Outcome Tool::expect(int exit, const Arguments& arguments, std::string_view in) const {
    auto outcome = run(arguments, in);
    std::string line;
    for (const auto& argument : arguments) line += " " + argument;
    INFO("larder" << line << "\nstdout: " << outcome.out.substr(0, 2000) << "\nstderr: " << outcome.err);
    REQUIRE(outcome.exit == exit);
    if (exit != 0) REQUIRE(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    return outcome;
}

std::string Tool::create(std::string_view name, const Arguments& more) const {
    Arguments arguments{"create", file(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect(0, arguments);
    return file(name);
}

std::string Tool::written(std::string_view name, std::string_view bytes) const {
    write_file(file(name), bytes);
    return file(name);
}

}  // namespace larder::tests
