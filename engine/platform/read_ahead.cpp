#include "engine/platform/read_ahead.hpp"

#include <sys/mman.h>

namespace larder::platform {

void will_need(std::byte* begin, std::uint64_t length) noexcept { (void)madvise(begin, length, MADV_WILLNEED); }
void read_singly(std::byte* begin, std::uint64_t length) noexcept { (void)madvise(begin, length, MADV_RANDOM); }

}  // namespace larder::platform
