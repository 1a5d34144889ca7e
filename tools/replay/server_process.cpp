#include "replay/server_process.hpp"

#include "failure.hpp"

#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace larder::tools::replay {
namespace {

constexpr auto kGrace = std::chrono::seconds(5);
constexpr auto kExitStep = std::chrono::milliseconds(10);

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> command) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const int error = ::posix_spawnp(&pid_, command.front().c_str(), &files, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (error == 0) return;
    pid_ = -1;
    const std::string why = std::generic_category().message(error);
    throw Failure(ExitCode::cannot_use, "unsupported", command.front() + " cannot be started: " + why + " (is it installed?)");
}

ServerProcess::~ServerProcess() {
    if (pid_ == -1) return;
    ::kill(pid_, SIGTERM);
    for (auto waited = kExitStep; waited < kGrace && is_running(); waited += kExitStep) std::this_thread::sleep_for(kExitStep);
    if (pid_ == -1) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool ServerProcess::is_running() {
    if (pid_ != -1 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ != -1;
}

}  // namespace larder::tools::replay
