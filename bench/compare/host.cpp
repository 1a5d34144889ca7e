#include "compare/host.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <exception>

namespace larder::bench {

namespace {

enum class Verb : std::uint8_t { open, reopen, fill, warm, torn, slice };

constexpr int kPatienceMs = 900'000;

}  // namespace

struct Host::Command {
    Verb verb = Verb::open;
    Opening opening = Opening::create;
    bool by_processor_time = false;
    std::uint64_t limit_ns = 0;
    SliceOrder order;
};

struct Host::Reply {
    bool ok = false;
    double number = 0;
    FillResult fill;
    SliceResult slice;
    char trouble[200] = {};
};

Host::Host(const Peer& peer, const Dataset& data, const Place& place) : name_(peer.traits.name) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw HostError("socketpair failed");
    pid_ = fork();
    if (pid_ < 0) throw HostError("fork failed");
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        serve(ends[1], peer, data, place);
        _exit(0);
    }
    close(ends[1]);
    descriptor_ = ends[0];
}

Host::~Host() {
    // Not close() alone: hosts forked later hold copies of this end. The child sees the end of its commands and leaves.
    shutdown(descriptor_, SHUT_RDWR);
    close(descriptor_);
    for (int waited = 0; waited < 30'000; ++waited) {
        if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
        usleep(1000);
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

Host::Reply Host::obey(Runner& runner, const Command& command, const Place& place) {
    Reply reply;
    switch (command.verb) {
        case Verb::reopen:
            runner.close();
            [[fallthrough]];
        case Verb::open:
            runner.open(place, command.opening);
            break;
        case Verb::fill:
            reply.fill = runner.fill(command.by_processor_time);
            break;
        case Verb::warm:
            runner.warm(command.limit_ns);
            break;
        case Verb::torn:
            reply.number = runner.torn();
            break;
        case Verb::slice:
            reply.slice = runner.slice(command.order);
            break;
    }
    reply.ok = true;
    return reply;
}

void Host::serve(int descriptor, const Peer& peer, const Dataset& data, const Place& place) {
    const std::unique_ptr<Runner> runner = peer.make(data);
    Command command;
    while (read(descriptor, &command, sizeof(command)) == static_cast<ssize_t>(sizeof(command))) {
        Reply reply;
        try {
            reply = obey(*runner, command, place);
        } catch (const std::exception& trouble) {
            std::strncpy(reply.trouble, trouble.what(), sizeof(reply.trouble) - 1);
        }
        if (write(descriptor, &reply, sizeof(reply)) != static_cast<ssize_t>(sizeof(reply))) break;
    }
    if (peer.traits.kind == Kind::private_map) _exit(0);  // freeing millions of records one by one serves nobody
    runner->close();
}

void Host::send(const Command& command) {
    if (::send(descriptor_, &command, sizeof(command), MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof(command))) {
        throw HostError(name_ + " has died");
    }
}

Host::Reply Host::receive() {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (poll(&waiting, 1, kPatienceMs) != 1) throw HostError(name_ + " does not answer");
    Reply reply;
    if (read(descriptor_, &reply, sizeof(reply)) != static_cast<ssize_t>(sizeof(reply))) throw HostError(name_ + " has died");
    if (!reply.ok) throw HostError(name_ + ": " + reply.trouble);
    return reply;
}

void Host::open(Opening opening) {
    send({.verb = Verb::open, .opening = opening, .order = {}});
    receive();
}

void Host::reopen(Opening opening) {
    send({.verb = Verb::reopen, .opening = opening, .order = {}});
    receive();
}

FillResult Host::fill(bool by_processor_time) {
    send({.verb = Verb::fill, .by_processor_time = by_processor_time, .order = {}});
    return receive().fill;
}

void Host::warm(std::uint64_t limit_ns) {
    send({.verb = Verb::warm, .limit_ns = limit_ns, .order = {}});
    receive();
}

double Host::torn() {
    send({.verb = Verb::torn, .order = {}});
    return receive().number;
}

void Host::begin_slice(const SliceOrder& order) { send({.verb = Verb::slice, .order = order}); }

SliceResult Host::end_slice() { return receive().slice; }

}  // namespace larder::bench
