// What came of a replay, counted the same way for every store. Bytes are those of the traced values.
#pragma once

#include <cstdint>

namespace larder::tools::replay {

struct Outcome {
    std::uint64_t requests = 0;
    std::uint64_t gets = 0;
    std::uint64_t misses = 0;   ///< gets that found nothing, expired records included
    std::uint64_t expired = 0;  ///< misses whose record was there, but past its time
    std::uint64_t get_bytes = 0;
    std::uint64_t missed_bytes = 0;
    std::uint64_t stores = 0;   ///< values stored, after a miss or by a set
    std::uint64_t refused = 0;  ///< values that the store did not take
    std::uint64_t removes = 0;
    std::uint64_t evictions = 0;
    std::uint64_t records = 0;  ///< held at the end

    double miss_ratio() const noexcept { return ratio(misses, gets); }
    double byte_miss_ratio() const noexcept { return ratio(missed_bytes, get_bytes); }

    static double ratio(std::uint64_t part, std::uint64_t whole) noexcept {
        return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    }
};

}  // namespace larder::tools::replay
