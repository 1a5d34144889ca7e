#include "replay/interrupt.hpp"

#include "failure.hpp"

namespace larder::tools::replay {
namespace {

volatile std::sig_atomic_t g_signalled = 0;

void mark(int signal) { g_signalled = signal; }

}  // namespace

Interrupt::Interrupt() {
    struct sigaction action {};
    action.sa_handler = mark;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &before_int_);
    ::sigaction(SIGTERM, &action, &before_term_);
}

Interrupt::~Interrupt() {
    ::sigaction(SIGINT, &before_int_, nullptr);
    ::sigaction(SIGTERM, &before_term_, nullptr);
}

void Interrupt::check() {
    if (g_signalled != 0) throw Failure(ExitCode::cannot_use, "interrupted", "interrupted by a signal");
}

}  // namespace larder::tools::replay
