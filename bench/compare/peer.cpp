#include "compare/peer.hpp"

namespace larder::bench {

std::vector<Peer>& peers() {
    static std::vector<Peer> list;
    return list;
}

const Peer* find_peer(std::string_view name) {
    for (const Peer& peer : peers()) {
        if (peer.traits.name == name) return &peer;
    }
    return nullptr;
}

}  // namespace larder::bench
