// A trace in memory, and how it is read. One request a line: time,key,size,op,ttl.
//   time  seconds since the trace began (fractions allowed)      op   get | set | delete; get where there is none
//   key   an unsigned integer; any other text is hashed to one   ttl  seconds, 0 or nothing: never expires
//   size  bytes of the value
// A first line that does not begin with a number names the columns, which may then stand in any order, among others.
#pragma once

#include "replay/request.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace larder::tools {
class Session;
}

namespace larder::tools::replay {

/// A key's number, counted by first appearance.
using Id = std::uint32_t;

struct Trace {
    std::string name;
    std::vector<Request> requests;
};

/// Reads a whole trace; "-" is stdin. Throws Failure that names the line which cannot be read.
Trace load_trace(const std::string& path, const Session& session);

/// The number of each request's key.
struct Ids {
    std::vector<Id> of_request;
    Id count = 0;
};
Ids number_keys(const Trace& trace);

/// Several traces as tenants of one store: request i of n stands at position (i + 0.5) / n, ties in the order given; each
/// tenant's keys lie above the one's before; a thousand requests a second.
Trace interleave(std::string name, std::vector<Trace> tenants);

}  // namespace larder::tools::replay
