// What Larder remembers of dropped records: two-byte fingerprints in lines of 31, each line a ring, one line for four
// buckets of the index. One bit of a fingerprint tells which queue the record was dropped from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace larder::tools::replay {

class GhostLines {
  public:
    struct Ghost {
        bool from_main = false;
        unsigned age = 0;  ///< how many of its line came later
    };

    void remember(std::uint64_t hash, std::uint64_t buckets, bool from_main) {
        Line& line = line_of(hash, buckets);
        line.fingerprints[line.cursor] = static_cast<std::uint16_t>(fingerprint_of(hash) | (from_main ? 1U : 0U));
        line.cursor = static_cast<std::uint16_t>((line.cursor + 1) % kPerLine);
    }

    /// Takes the fingerprint out, if it is there.
    std::optional<Ghost> take(std::uint64_t hash, std::uint64_t buckets) {
        Line& line = line_of(hash, buckets);
        for (unsigned age = 0; age < kPerLine; ++age) {
            std::uint16_t& place = line.fingerprints[(line.cursor + kPerLine - 1 - age) % kPerLine];
            if ((place & ~1U) != fingerprint_of(hash)) continue;
            const Ghost found{(place & 1U) != 0, age};
            place = 0;
            return found;
        }
        return std::nullopt;
    }

  private:
    static constexpr unsigned kPerLine = 31;
    struct Line {
        std::uint16_t cursor = 0;
        std::array<std::uint16_t, kPerLine> fingerprints{};
    };
    static std::uint16_t fingerprint_of(std::uint64_t hash) noexcept {
        return static_cast<std::uint16_t>(((hash >> 48) | 2U) & ~std::uint64_t{1});
    }
    Line& line_of(std::uint64_t hash, std::uint64_t buckets) {
        std::uint64_t span = 1;
        while (span < buckets) span *= 2;
        const std::uint64_t wide = hash & (span - 1);
        const std::uint64_t line = (wide < buckets ? wide : hash & (span / 2 - 1)) / 4;
        if (line >= lines_.size()) lines_.resize(line + 1);
        return lines_[line];
    }

    std::vector<Line> lines_;
};

}  // namespace larder::tools::replay
