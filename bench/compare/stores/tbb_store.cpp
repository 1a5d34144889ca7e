// TBB concurrent_hash_map: private to one process.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "compare/peer.hpp"

#include <tbb/concurrent_hash_map.h>

namespace larder::bench {

namespace {

struct HashCompare {
    static std::size_t hash(const std::string& key) { return XXH3_64bits(key.data(), key.size()); }
    static bool equal(const std::string& left, const std::string& right) { return left == right; }
};

class TbbStore {
    using Map = tbb::concurrent_hash_map<std::string, std::string, HashCompare>;

  public:
    static constexpr Traits kTraits{
        .name = "tbb", .says = "TBB concurrent_hash_map", .kind = Kind::private_map, .rank = 41, .two_processes = false};

    class Session {
      public:
        explicit Session(Map& map) : map_(map) {}
        bool get(const Step& step, Answer& answer) {
            Map::const_accessor found;
            key_.assign(step.bytes, kKeySize);
            return map_.find(found, key_) && answer.copy(found->second.data(), found->second.size());
        }
        bool set(const Step& step, std::string_view value) {
            Map::accessor found;
            key_.assign(step.bytes, kKeySize);
            map_.insert(found, key_);
            found->second.assign(value);
            return true;
        }

      private:
        Map& map_;
        std::string key_;  // the map takes no views
    };

    TbbStore(const Place&, Opening) {}
    std::unique_ptr<Session> session() { return std::make_unique<Session>(map_); }
    std::uint64_t footprint() { return memory_footprint(); }
    static void remove(const Place&) {}

  private:
    Map map_;
};

const bool registered = register_peer<TbbStore>();

}  // namespace

}  // namespace larder::bench
