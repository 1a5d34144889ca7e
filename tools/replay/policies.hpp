// Makers of the policies, one a file. `capacity` in bytes, `ids` how many keys there are.
#pragma once

#include "replay/policy.hpp"

#include <cstdint>
#include <memory>

namespace larder::tools::replay {

std::unique_ptr<Policy> make_fifo(std::uint64_t capacity, Id ids);
std::unique_ptr<Policy> make_lru(std::uint64_t capacity, Id ids);
/// FIFO, but what was hit since it came to the end last goes round once more.
std::unique_ptr<Policy> make_clock(std::uint64_t capacity, Id ids);
/// Zhang et al., "SIEVE is simpler than LRU", NSDI 2024.
std::unique_ptr<Policy> make_sieve(std::uint64_t capacity, Id ids);
/// Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023: small queue 10 %.
std::unique_ptr<Policy> make_s3fifo(std::uint64_t capacity, Id ids);
/// Johnson and Shasha, "2Q", VLDB 1994: A1in 25 %, A1out 50 %.
std::unique_ptr<Policy> make_two_queue(std::uint64_t capacity, Id ids);
/// Megiddo and Modha, "ARC", FAST 2003, in bytes.
std::unique_ptr<Policy> make_arc(std::uint64_t capacity, Id ids);
/// Jiang and Zhang, "LIRS", SIGMETRICS 2002: 1 % for cold records.
std::unique_ptr<Policy> make_lirs(std::uint64_t capacity, Id ids);
/// Einziger et al., "TinyLFU", TOS 2017: window 1 %, exact counts in place of a sketch.
std::unique_ptr<Policy> make_tiny_lfu(std::uint64_t capacity, Id ids);
/// Cherkasova, "GreedyDual-Size-Frequency", HP Labs 1998: fewest misses by number, more by bytes.
std::unique_ptr<Policy> make_gdsf(std::uint64_t capacity, Id ids);
/// What is needed again last goes first. Sees the future; the best there is where all sizes are equal.
std::unique_ptr<Policy> make_belady(std::uint64_t capacity, Id ids);
/// Larder's own policy and layout, every byte of metadata within the capacity.
std::unique_ptr<Policy> make_segments(std::uint64_t capacity, Id ids);

}  // namespace larder::tools::replay
