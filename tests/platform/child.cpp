#include "tests/platform/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace larder::tests {
namespace {

std::pair<int, int> make_pipe() {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) throw std::runtime_error("cannot make a pipe");
    return {ends[0], ends[1]};
}

[[noreturn]] void run(const std::function<std::string()>& body, int write_end) {
    std::string text;
    try {
        text = body();
    } catch (const std::exception& problem) {
        text = std::string("exception: ") + problem.what();
    } catch (...) {
        text = "a requirement failed in the child";
    }
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t count = ::write(write_end, text.data() + written, text.size() - written);
        if (count <= 0) ::_exit(EXIT_FAILURE);
        written += static_cast<std::size_t>(count);
    }
    ::_exit(EXIT_SUCCESS);
}

}  // namespace

Gate::Gate() { std::tie(read_end_, write_end_) = make_pipe(); }

Gate::~Gate() {
    ::close(read_end_);
    ::close(write_end_);
}

void Gate::open(std::size_t count) {
    const std::string bytes(count, '.');
    if (::write(write_end_, bytes.data(), bytes.size()) != static_cast<ssize_t>(count)) ::abort();
}

void Gate::wait() {
    constexpr int kLongestMs = 100'000;
    pollfd ready{read_end_, POLLIN, 0};
    int count = 0;
    do {
        count = ::poll(&ready, 1, kLongestMs);
    } while (count < 0 && errno == EINTR);
    char byte = 0;
    if (count != 1 || ::read(read_end_, &byte, 1) != 1) throw std::runtime_error("nobody opened the gate");
}

Child::Child(const std::function<std::string()>& body) {
    const auto [read_end, write_end] = make_pipe();
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error("cannot fork");
    if (id_ == 0) {
        ::close(read_end);
        run(body, write_end);
    }
    ::close(write_end);
    read_end_ = read_end;
}

Child::~Child() {
    kill();
    ::close(read_end_);
}

void Child::kill() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    wait_for_end();
}

int Child::wait_for_end() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = -1;
    return status;
}

std::string Child::result() {
    std::string text;
    std::array<char, 512> buffer{};
    ssize_t got = 0;
    while ((got = ::read(read_end_, buffer.data(), buffer.size())) != 0) {
        if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    const int status = wait_for_end();
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) != EXIT_SUCCESS) return "exit " + std::to_string(WEXITSTATUS(status));
    return text;
}

std::string in_child(const std::function<std::string()>& body) { return Child(body).result(); }

}  // namespace larder::tests
