#include "replay/policy.hpp"

#include "replay/policies.hpp"

#include <algorithm>
#include <array>

namespace larder::tools::replay {
namespace {

struct Maker {
    std::string_view name;
    std::unique_ptr<Policy> (*make)(std::uint64_t capacity, Id ids);
};

constexpr std::array<Maker, 12> kMakers{{{"fifo", make_fifo},
                                         {"lru", make_lru},
                                         {"clock", make_clock},
                                         {"sieve", make_sieve},
                                         {"s3fifo", make_s3fifo},
                                         {"2q", make_two_queue},
                                         {"arc", make_arc},
                                         {"lirs", make_lirs},
                                         {"wtinylfu", make_tiny_lfu},
                                         {"gdsf", make_gdsf},
                                         {"belady", make_belady},
                                         {"segments", make_segments}}};

}  // namespace

const std::vector<std::string>& policy_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        all.reserve(kMakers.size());
        for (const Maker& maker : kMakers) all.emplace_back(maker.name);
        return all;
    }();
    return names;
}

std::unique_ptr<Policy> make_policy(std::string_view name, std::uint64_t capacity, Id ids) {
    const auto* const found = std::find_if(kMakers.begin(), kMakers.end(), [name](const Maker& m) { return m.name == name; });
    return found == kMakers.end() ? nullptr : found->make(capacity, ids);
}

bool knows_future(std::string_view name) { return name == "belady"; }

}  // namespace larder::tools::replay
