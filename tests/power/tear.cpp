#include "tests/power/tear.hpp"

#include <array>
#include <memory>

namespace larder::tests {
namespace {

using format::Geometry;

unsigned area_of(const Geometry& g, std::uint64_t offset) noexcept {
    const std::uint64_t begins[] = {g.processes_begin, g.shards_begin, g.generations_begin, g.segment_table_begin,
                                    g.index_begin,     g.ghosts_begin, g.segments_begin};
    unsigned area = 0;
    for (const std::uint64_t begin : begins) area += offset >= begin ? 1U : 0U;
    return area;
}

// Makes one choice for a page or, if so wanted, for each sector of it.
Choice each(bool sectors, std::function<std::size_t()> draw) {
    auto drawn = std::make_shared<std::size_t>(0);
    return [sectors, drawn, draw = std::move(draw)](std::uint64_t, unsigned sector) {
        if (sectors || sector == 0) *drawn = draw();
        return *drawn;
    };
}

Tear by_area(Random& random, const Geometry& geometry, std::size_t count) {
    std::array<std::size_t, 8> from{};
    std::string name = "areas";
    for (std::size_t& area : from) {
        area = random.below(count);
        name += " " + std::to_string(area);
    }
    return {name, [from, geometry](std::uint64_t page, unsigned) { return from.at(area_of(geometry, page * kSnapshotPage)); }};
}

Tear one_area(Random& random, const Geometry& geometry, std::size_t newest) {
    const auto area = static_cast<unsigned>(random.below(8));
    const bool is_old = random.chance(50);
    return {"only area " + std::to_string(area) + (is_old ? " is old" : " is new"),
            [geometry, area, is_old, newest](std::uint64_t page, unsigned) {
                return (area_of(geometry, page * kSnapshotPage) == area) == is_old ? std::size_t{0} : newest;
            }};
}

Tear one_page(Random& random, std::size_t count, bool is_old) {
    const std::size_t newest = count - 1;
    // The page is found on the way: each has a chance of one in a few dozen, and the first to have it takes it.
    auto taken = std::make_shared<std::uint64_t>(0);
    const std::uint64_t odds = random.between(1, 400);
    return {is_old ? "one page is old" : "one page is new", [&random, taken, odds, newest, is_old](std::uint64_t page, unsigned) {
                if (*taken == 0 && random.below(odds * kSectors) == 0) *taken = page + 1;
                return (*taken == page + 1) == is_old ? std::size_t{0} : newest;
            }};
}

}  // namespace

Tear choose_tear(Random& random, const Geometry& geometry, std::size_t count) {
    const std::size_t newest = count - 1;
    const bool sectors = random.chance(40);
    const std::string unit = sectors ? "sectors" : "pages";
    switch (random.below(12)) {
        case 0:
        case 1: {
            constexpr unsigned kPercents[] = {3, 20, 50, 80, 97};
            const unsigned percent = kPercents[random.below(5)];
            return {std::to_string(percent) + "% of " + unit + " are new",
                    each(sectors, [&random, newest, percent] { return random.chance(percent) ? newest : std::size_t{0}; })};
        }
        case 2:
        case 3:
            return {unit + " of any moment", each(sectors, [&random, count] { return random.below(count); })};
        case 4:
            return {"only the header is new", [newest](std::uint64_t page, unsigned) { return page == 0 ? newest : 0; }};
        case 5:
            return {"all but the header is new", [newest](std::uint64_t page, unsigned) { return page == 0 ? 0 : newest; }};
        case 6:
            return {"odd pages are new", [newest](std::uint64_t page, unsigned) { return page % 2 == 1 ? newest : 0; }};
        case 7:
            return {"even pages are new", [newest](std::uint64_t page, unsigned) { return page % 2 == 0 ? newest : 0; }};
        case 8:
            return one_area(random, geometry, newest);
        case 9:
        case 10:
            return by_area(random, geometry, count);
        default:
            return one_page(random, count, random.chance(50));
    }
}

}  // namespace larder::tests
