#include "tests/support/child_process.hpp"

#include "tests/support/random.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace larder::tests {

namespace {

void close_quietly(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
}

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> buffer{};
    off_t at = 0;
    for (;;) {
        const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), at);
        if (count <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
        at += count;
    }
}

pid_t fork_into_namespace() {
    return static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

bool become_user(const Surroundings& surroundings) {
    return ::setgroups(0, nullptr) == 0 && ::setgid(surroundings.group) == 0 && ::setuid(surroundings.user) == 0;
}

int run_guarded(const std::function<int()>& body) {
    try {
        return body();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "exception: %s\n", error.what());
    } catch (...) {
        std::fprintf(stderr, "exception of an unknown type (a failed assertion of the test?)\n");
    }
    return 125;
}

}  // namespace

std::string Ending::message() const {
    std::string text = in_time ? "ended" : "did not end in time and was killed";
    if (code >= 0) text += ", exit code " + std::to_string(code);
    if (signal != 0) text += ", signal " + std::to_string(signal);
    return text + (output.empty() ? "" : "; it said: " + output);
}

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
                           const Surroundings& surroundings) {
    prepare();
    std::string path = std::string(LARDER_PROGRAM_DIR) + "/" + program;
    std::vector<std::string> owned(arguments);
    std::vector<char*> pointers{path.data()};
    for (auto& argument : owned) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    id_ = surroundings.own_pid_namespace ? fork_into_namespace() : ::fork();
    if (id_ < 0) throw std::runtime_error("cannot fork");
    if (id_ == 0) {
        if (!surroundings.root.empty() && (::chroot(surroundings.root.c_str()) != 0 || ::chdir("/") != 0)) ::_exit(126);
        if (surroundings.user != 0 && !become_user(surroundings)) ::_exit(126);
        become_child();
        ::execv(path.c_str(), pointers.data());
        ::_exit(127);
    }
    close_quietly(child_input_);
}

ChildProcess::ChildProcess(const std::function<int()>& body) {
    prepare();
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error("cannot fork");
    if (id_ == 0) {
        become_child();
        const int code = run_guarded(body);
        std::fflush(nullptr);
        ::_exit(code);
    }
    close_quietly(child_input_);
}

ChildProcess::~ChildProcess() {
    if (running()) kill();
    close_quietly(input_);
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    if (this == &other) return *this;
    if (running()) kill();
    close_quietly(input_);
    id_ = std::exchange(other.id_, 0);
    input_ = std::exchange(other.input_, -1);
    output_ = std::exchange(other.output_, -1);
    return *this;
}

void ChildProcess::prepare() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    child_input_ = ends[0];
    input_ = ends[1];
    output_ = ::memfd_create("output", MFD_CLOEXEC);
    if (output_ < 0) throw std::runtime_error("cannot make a file for the output");
    std::fflush(nullptr);
}

void ChildProcess::become_child() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(child_input_, STDIN_FILENO);
    ::dup2(output_, STDOUT_FILENO);
    ::dup2(output_, STDERR_FILENO);
    close_quietly(input_);
}

void ChildProcess::send(int signal) const {
    if (running()) ::kill(id_, signal);
}

void ChildProcess::close_input() { close_quietly(input_); }

Ending ChildProcess::collect(int status, bool in_time) {
    Ending ending;
    ending.in_time = in_time;
    if (WIFEXITED(status)) ending.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
    ending.output = read_all(output_);
    close_quietly(output_);
    close_quietly(input_);
    id_ = 0;
    return ending;
}

Ending ChildProcess::wait() {
    const auto patience = std::chrono::seconds(environment_number("LARDER_PATIENCE", 120));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    int status = 0;
    while (::waitpid(id_, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > deadline) {
            ::kill(id_, SIGKILL);
            ::waitpid(id_, &status, 0);
            return collect(status, false);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return collect(status, true);
}

Ending ChildProcess::kill() {
    int status = 0;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, &status, 0);
    return collect(status, true);
}

}  // namespace larder::tests
