// What a file says it is: written once at creation, and checked as a whole before a byte of it is believed.
#pragma once

#include "engine/format/geometry.hpp"
#include "engine/format/header.hpp"

#include <larder/options.hpp>
#include <larder/status.hpp>

#include <cstdint>
#include <string_view>

namespace larder::region {

/// Fills in the header of a new file, its identity sealed by a checksum.
void write_identity(format::FileHeader& header, const format::Geometry& geometry, std::uint64_t capacity,
                    std::uint64_t hash_seed);

struct Identity {
    format::Geometry geometry;
    std::uint64_t hash_seed = 0;
    bool read_only = false;  ///< a read-only compatible feature that this library does not know: no writing
};
/// Checks magic, byte order, version, features, checksum and geometry, and that the file is as long as it must be.
/// not_a_cache, wrong_version or corrupt; the message names the path and the field. REQUIRES: a private copy of the header: what
/// is checked must be what is used.
Result<Identity> read_identity(std::string_view path, const format::FileHeader& header, std::uint64_t actual_size);

}  // namespace larder::region
