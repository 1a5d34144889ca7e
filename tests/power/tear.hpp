// The ways in which a power cut may leave a file: which sectors are new, which are old.
#pragma once

#include "engine/format/geometry.hpp"
#include "tests/support/random.hpp"
#include "tests/support/snapshot.hpp"

#include <cstddef>
#include <string>

namespace larder::tests {

struct Tear {
    std::string name;
    Choice choose;
};

/// A random way to choose between `count` snapshots, the first of which is the oldest. `random` is used as long as the
/// choice is.
Tear choose_tear(Random& random, const format::Geometry& geometry, std::size_t count);

}  // namespace larder::tests
