#include "tests/support/journal.hpp"

#include <stdexcept>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace larder::tests {

Journal::Journal(const std::string& path) {
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) throw std::runtime_error("cannot open " + path);
    void* memory = MAP_FAILED;
    if (::ftruncate(file, sizeof(JournalPlan)) == 0) {
        memory = ::mmap(nullptr, sizeof(JournalPlan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    ::close(file);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + path);
    plan_ = static_cast<JournalPlan*>(memory);
}

Journal::~Journal() { ::munmap(plan_, sizeof(JournalPlan)); }

}  // namespace larder::tests
