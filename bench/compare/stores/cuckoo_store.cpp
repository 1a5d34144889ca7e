// libcuckoo: a concurrent hash map private to one process.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "compare/peer.hpp"

#include <libcuckoo/cuckoohash_map.hh>

namespace larder::bench {

namespace {

struct Hash {
    std::size_t operator()(std::string_view key) const noexcept { return XXH3_64bits(key.data(), key.size()); }
};
struct Equal {
    bool operator()(std::string_view left, std::string_view right) const noexcept { return left == right; }
};

class CuckooStore {
    using Map = libcuckoo::cuckoohash_map<std::string, std::string, Hash, Equal>;

  public:
    static constexpr Traits kTraits{
        .name = "libcuckoo", .says = "libcuckoo", .kind = Kind::private_map, .rank = 40, .two_processes = false};

    class Session {
      public:
        explicit Session(Map& map) : map_(map) {}
        bool get(const Step& step, Answer& answer) {
            bool fits = false;
            map_.find_fn(step.key(), [&](const std::string& value) { fits = answer.copy(value.data(), value.size()); });
            return fits;
        }
        bool set(const Step& step, std::string_view value) {
            map_.upsert(
                step.key(), [&](std::string& old) { old.assign(value); }, value);
            return true;
        }

      private:
        Map& map_;
    };

    CuckooStore(const Place&, Opening) {}
    std::unique_ptr<Session> session() { return std::make_unique<Session>(map_); }
    std::uint64_t footprint() { return memory_footprint(); }
    static void remove(const Place&) {}

  private:
    Map map_;
};

const bool registered = register_peer<CuckooStore>();

}  // namespace

}  // namespace larder::bench
