#include <larder/version.hpp>

namespace larder {

std::string_view version() noexcept { return LARDER_VERSION; }
std::uint32_t format_version() noexcept { return 3; }

}  // namespace larder
