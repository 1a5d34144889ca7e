#include "engine/platform/loss_guard.hpp"

#include "engine/platform/fork_watch.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace larder::platform {

struct GuardedRange {
    // The end is stored last and taken away first: a range is one only while it has an end.
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};
    // A forked child inherits the list, but not the mappings.
    std::atomic<pid_t> process{0};
    std::atomic<bool> lost{false};
    GuardedRange* next = nullptr;

    // Puts zeros where the lost page was. Called by the signal handler: system calls and atomic words only.
    bool replace(void* lost_byte, std::uintptr_t page_bytes) noexcept {
        const auto address = reinterpret_cast<std::uintptr_t>(lost_byte);
        const std::uintptr_t stop = end.load(std::memory_order_acquire);
        if (address >= stop || address < begin.load(std::memory_order_relaxed)) return false;
        if (process.load(std::memory_order_relaxed) != ::getpid()) return false;
        const std::uintptr_t page = address / page_bytes * page_bytes;
        lost.store(true, std::memory_order_relaxed);
        LossGuard::any_lost_.store(true, std::memory_order_relaxed);
        // All that is behind the page, too: what lies beyond a file's end is lost as a whole, and a mapping may not be cut into
        // as many pieces as it has pages.
        void* const place = static_cast<std::byte*>(lost_byte) - (address - page);
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
        // The call of the system itself: nothing that a library has put before mmap() belongs into a signal handler.
        if (::syscall(SYS_mmap, place, stop - page, PROT_READ | PROT_WRITE, flags, -1, 0) == -1) return false;
        return ::madvise(place, stop - page, MADV_DONTFORK) == 0;
    }
};

namespace {

// Everything the handler looks at is static, set before it is installed, or atomic.
constinit std::atomic<GuardedRange*> ranges{nullptr};
constinit std::uintptr_t page_bytes = 0;
struct sigaction before {};

void hand_on(int signal, siginfo_t* info, void* context) noexcept {
    if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(signal, info, context);
    // Sent by a process (not a fault): may be ignored. A fault that nobody handles is repeated, and ends the process.
    if (before.sa_handler == SIG_IGN && info->si_code <= 0) return;
    if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
    ::signal(signal, SIG_DFL);
    if (info->si_code <= 0) ::raise(signal);
}

void on_lost_page(int signal, siginfo_t* info, void* context) noexcept {
    const int error = errno;
    bool replaced = false;
    if (info->si_code == BUS_ADRERR || info->si_code == BUS_OBJERR) {
        for (GuardedRange* range = ranges.load(std::memory_order_acquire); range != nullptr && !replaced; range = range->next)
            replaced = range->replace(info->si_addr, page_bytes);
    }
    if (!replaced) hand_on(signal, info, context);
    errno = error;
}

void install_handler() noexcept {
    page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    action.sa_sigaction = on_lost_page;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    (void)::sigaction(SIGBUS, nullptr, &before);
    (void)::sigaction(SIGBUS, &action, nullptr);
}

GuardedRange& unused_range() {
    for (GuardedRange* range = ranges.load(std::memory_order_relaxed); range != nullptr; range = range->next) {
        if (range->end.load(std::memory_order_relaxed) == 0) return *range;
    }
    auto* added = new GuardedRange;
    added->next = ranges.load(std::memory_order_relaxed);
    ranges.store(added, std::memory_order_release);
    return *added;
}

}  // namespace

LossGuard::LossGuard(std::byte* begin, std::size_t length) {
    static std::once_flag installed;
    std::call_once(installed, install_handler);
    // A lock that no forked child finds held.
    const ForkPause pause;
    range_ = &unused_range();
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    range_->lost.store(false, std::memory_order_relaxed);
    range_->process.store(::getpid(), std::memory_order_relaxed);
    range_->begin.store(address, std::memory_order_relaxed);
    range_->end.store(address + length, std::memory_order_release);
}

LossGuard::~LossGuard() {
    if (range_ != nullptr) range_->end.store(0, std::memory_order_release);
}

bool LossGuard::range_has_lost() const noexcept { return range_ != nullptr && range_->lost.load(std::memory_order_relaxed); }

}  // namespace larder::platform
