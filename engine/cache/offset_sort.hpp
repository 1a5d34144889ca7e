// Sorting of what lies in the file by where it lies.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace larder::cache {

/// Sorts by offset in the file, in a few passes: there are millions, and a comparison mispredicted costs as much as a pass.
template <class T, class OffsetOf>
void sort_by_offset(std::vector<T>& items, OffsetOf offset_of) {
    constexpr unsigned kDigit = 11;
    constexpr std::uint64_t kMask = (std::uint64_t{1} << kDigit) - 1;
    const auto earlier = [&](const T& a, const T& b) { return offset_of(a) < offset_of(b); };
    if (std::is_sorted(items.begin(), items.end(), earlier)) return;
    const std::uint64_t most = offset_of(*std::max_element(items.begin(), items.end(), earlier));
    std::vector<T> sorted(items.size());
    for (unsigned shift = 3; most >> shift != 0; shift += kDigit) {
        std::array<std::size_t, kMask + 2> begins{};
        for (const T& item : items) ++begins[(offset_of(item) >> shift & kMask) + 1];
        std::partial_sum(begins.begin(), begins.end(), begins.begin());
        for (const T& item : items) sorted[begins[offset_of(item) >> shift & kMask]++] = item;
        items.swap(sorted);
    }
}

}  // namespace larder::cache
