#include "compare/server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace larder::bench {

namespace {

int connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) return -1;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return descriptor;
    close(descriptor);
    return -1;
}

[[noreturn]] void become(const std::vector<std::string>& command) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execvp(words[0], words.data());
    _exit(127);
}

}  // namespace

Server::Server(const std::vector<std::string>& command, const std::string& socket_path) {
    unlink(socket_path.c_str());
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) become(command);
    for (int waited = 0; waited < 5000; waited += 10) {
        if (const int descriptor = connect_to(socket_path); descriptor >= 0) {
            close(descriptor);
            return;
        }
        if (waitpid(pid_, nullptr, WNOHANG) == pid_) throw std::runtime_error(command[0] + " does not run: is it installed?");
        usleep(10'000);
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw std::runtime_error(command[0] + " does not answer");
}

Server::~Server() {
    kill(pid_, SIGKILL);  // nothing it holds is worth an orderly end
    waitpid(pid_, nullptr, 0);
}

Connection::Connection(const std::string& socket_path) : descriptor_(connect_to(socket_path)), buffer_(std::size_t{1} << 18U) {
    if (descriptor_ < 0) throw std::runtime_error("cannot connect to " + socket_path);
}

Connection::~Connection() { close(descriptor_); }

bool Connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            failed_ = true;
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Connection::receive_more() {
    if (failed_ || end_ == buffer_.size()) {
        failed_ = true;
        return false;
    }
    const ssize_t received = recv(descriptor_, buffer_.data() + end_, buffer_.size() - end_, 0);
    if (received <= 0) {
        failed_ = true;
        return false;
    }
    end_ += static_cast<std::size_t>(received);
    return true;
}

std::string_view Connection::line() {
    std::size_t looked = at_;
    for (;;) {
        const void* found = std::memchr(buffer_.data() + looked, '\n', end_ - looked);
        if (found != nullptr) {
            const char* first = buffer_.data() + at_;
            const auto size = static_cast<std::size_t>(static_cast<const char*>(found) - first);
            at_ += size + 1;
            return {first, size == 0 ? 0 : size - 1};
        }
        looked = end_;
        if (!receive_more()) return {};
    }
}

std::string_view Connection::bytes(std::size_t size) {
    while (end_ - at_ < size + 2) {
        if (!receive_more()) return {};
    }
    const char* first = buffer_.data() + at_;
    at_ += size + 2;
    return {first, size};
}

}  // namespace larder::bench
