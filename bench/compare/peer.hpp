// The list of the stores that this program was built with. Each registers itself from its own file.
#pragma once

#include "compare/runner.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace larder::bench {

struct Peer {
    Traits traits;
    bool batches = false;  ///< looks many keys up at once
    std::unique_ptr<Runner> (*make)(const Dataset&) = nullptr;
    void (*remove)(const Place&) = nullptr;
};

/// By rank. Complete once main() runs.
std::vector<Peer>& peers();
/// nullptr if there is none of that name.
const Peer* find_peer(std::string_view name);

template <class Store>
bool register_peer() {
    Peer peer;
    peer.traits = Store::kTraits;
    peer.batches = LooksUpMany<typename RunnerOf<Store>::Session>;
    peer.make = [](const Dataset& data) -> std::unique_ptr<Runner> { return std::make_unique<RunnerOf<Store>>(data); };
    peer.remove = [](const Place& place) { Store::remove(place); };
    peers().push_back(peer);
    return true;
}

}  // namespace larder::bench
