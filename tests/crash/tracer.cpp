#include "tests/crash/tracer.hpp"

#include "engine/cache/attachment.hpp"
#include "engine/cache/ledger.hpp"
#include "engine/cache/quick_paths.hpp"
#include "engine/cache/recovery.hpp"
#include "engine/cache/repair.hpp"
#include "engine/index/chain.hpp"
#include "engine/index/growth.hpp"
#include "engine/index/overflow.hpp"
#include "engine/region/process_table.hpp"
#include "engine/region/shard_lock.hpp"
#include "engine/segments/log.hpp"
#include "engine/segments/pool.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace larder::tests {
namespace {

template <class Function>
std::uintptr_t address_of(Function function) {
    std::uintptr_t address = 0;
    std::memcpy(&address, &function, sizeof address);  // of a member function too: none of them is virtual
    return address;
}

// Functions whose calls divide a long deed into stretches that are short enough to step through.
const std::vector<std::uintptr_t>& landmarks() {
    static const std::vector<std::uintptr_t> all{
        address_of(cache::quick_paths(false).set),
        address_of(&cache::publish),
        address_of(&cache::repair_shard),
        address_of(&cache::recover),
        address_of(&cache::flush),
        address_of(&cache::detach),
        address_of(&index::split_bucket),
        address_of(&index::merge_bucket),
        address_of(&index::compact_overflow),
        address_of(&index::recount_index),
        address_of(&index::take_overflow),
        address_of(&index::free_overflow),
        address_of(&index::trim_overflow),
        address_of(&index::pull_forward),
        address_of(&index::drop_empty_overflow),
        address_of(&index::start_index),
        address_of(&segments::open_active),
        address_of(&segments::unlink),
        address_of(&segments::claim_segment),
        address_of(&segments::take_spare),
        address_of(&segments::add_spare),
        address_of(&segments::release_segment),
        address_of(&segments::transfer_segment),
        address_of(&segments::rebuild_queues),
        address_of(&region::join),
        address_of(&region::leave),
        address_of(&region::ShardLock::release),
    };
    return all;
}

[[noreturn]] void fail(const char* what) { throw std::runtime_error(std::string(what) + ": " + std::strerror(errno)); }

bool is_landmark(std::uintptr_t at) {
    for (const std::uintptr_t each : landmarks()) {
        if (each == at) return true;
    }
    return false;
}

// The child has met a breakpoint: puts it back to where that stands.
std::uintptr_t step_back(pid_t child) {
#if defined(__x86_64__)
    user_regs_struct registers{};
    if (::ptrace(PTRACE_GETREGS, child, nullptr, &registers) != 0) fail("ptrace(GETREGS)");
    --registers.rip;
    if (!is_landmark(registers.rip)) throw std::runtime_error("a trap that nobody set");
    if (::ptrace(PTRACE_SETREGS, child, nullptr, &registers) != 0) fail("ptrace(SETREGS)");
    return registers.rip;
#else
    throw std::runtime_error("process " + std::to_string(child) + " cannot be traced on this processor");
#endif
}

// The child's text is ours: what stands at an address here stands there too, unless a breakpoint does.
void write_first_byte(pid_t child, std::uintptr_t at, unsigned char byte) {
    errno = 0;
    auto word = static_cast<unsigned long>(::ptrace(PTRACE_PEEKTEXT, child, at, nullptr));
    if (errno != 0) fail("ptrace(PEEKTEXT)");
    word = (word & ~0xffUL) | byte;
    if (::ptrace(PTRACE_POKETEXT, child, at, word) != 0) fail("ptrace(POKETEXT)");
}

unsigned char own_byte(std::uintptr_t at) { return *reinterpret_cast<const unsigned char*>(at); }

}  // namespace

int wait_for(pid_t child, bool or_stop) {
    int status = 0;
    while (::waitpid(child, &status, or_stop ? WUNTRACED : 0) < 0) {
        if (errno != EINTR) fail("cannot wait for the child");
    }
    return status;
}

pid_t fork_for(const Deed& deed, const std::function<void()>& begin) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child < 0) fail("cannot fork");
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        deed(begin);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "in the child: %s\n", error.what());
        ::_exit(4);
    }
    ::_exit(0);
}

OnOneProcessor::OnOneProcessor() {
    (void)::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    (void)::sched_setaffinity(0, sizeof one, &one);
}

OnOneProcessor::~OnOneProcessor() { (void)::sched_setaffinity(0, sizeof before_, &before_); }

TracedChild::TracedChild(const Deed& deed) {
    const Deed framed = [&deed](const std::function<void()>& begin) {
        deed(begin);
        (void)::raise(SIGSTOP);
    };
    child_ = fork_for(framed, [] {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(8);
        (void)::raise(SIGSTOP);
    });
    const int status = wait_for(child_, true);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) {
        child_ = 0;
        throw std::runtime_error("the child did not begin: status " + std::to_string(status));
    }
}

TracedChild::~TracedChild() {
    if (child_ > 0) kill();
}

// False: the deed is done.
bool TracedChild::resume(int request) {
    if (::ptrace(static_cast<__ptrace_request>(request), child_, nullptr, nullptr) != 0) fail("ptrace");
    const int status = wait_for(child_, true);
    if (!WIFSTOPPED(status)) {
        child_ = 0;
        throw std::runtime_error("the child ended by itself: status " + std::to_string(status));
    }
    done_ = WSTOPSIG(status) == SIGSTOP;
    if (!done_ && WSTOPSIG(status) != SIGTRAP) throw std::runtime_error("signal " + std::to_string(WSTOPSIG(status)));
    return !done_;
}

void TracedChild::set_breakpoints(bool on) {
    for (const std::uintptr_t each : landmarks()) write_first_byte(child_, each, on ? 0xcc : own_byte(each));
}

void TracedChild::step_over(std::uintptr_t at) {
    write_first_byte(child_, at, own_byte(at));
    (void)resume(PTRACE_SINGLESTEP);
    write_first_byte(child_, at, 0xcc);
}

std::uint64_t TracedChild::run(std::uint64_t calls) {
    if (calls == 0 || done_) return 0;
    set_breakpoints(true);
    std::uint64_t met = 0;
    while (resume(PTRACE_CONT)) {
        const std::uintptr_t at = step_back(child_);
        if (++met == calls) break;
        step_over(at);
    }
    set_breakpoints(false);
    return met;
}

std::uint64_t TracedChild::step(std::uint64_t most) {
    std::uint64_t made = 0;
    while (made < most && !done_) {
        (void)resume(PTRACE_SINGLESTEP);
        ++made;
    }
    return made;
}

void TracedChild::kill() {
    (void)::kill(child_, SIGKILL);
    (void)wait_for(child_);
    child_ = 0;
}

void TracedChild::stop() {
    if (::ptrace(PTRACE_DETACH, child_, nullptr, SIGSTOP) != 0) fail("ptrace(DETACH)");
    const int status = wait_for(child_, true);
    if (!WIFSTOPPED(status)) throw std::runtime_error("the child does not stop: status " + std::to_string(status));
}

int TracedChild::finish() {
    int status = 0;
    do {
        // Once more where the deed ends.
        (void)::kill(child_, SIGCONT);
        status = wait_for(child_, true);
    } while (WIFSTOPPED(status));
    child_ = 0;
    return status;
}

}  // namespace larder::tests
