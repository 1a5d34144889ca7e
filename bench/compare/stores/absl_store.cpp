// absl::flat_hash_map, striped over 64 mutexes: private to one process.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "compare/peer.hpp"

#include <absl/container/flat_hash_map.h>

#include <mutex>

namespace larder::bench {

namespace {

struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return XXH3_64bits(key.data(), key.size()); }
};
struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const noexcept { return left == right; }
};

struct alignas(64) Stripe {
    std::mutex mutex;
    absl::flat_hash_map<std::string, std::string, Hash, Equal> map;
};

class AbslStore {
  public:
    static constexpr std::size_t kStripes = 64;
    static constexpr Traits kTraits{
        .name = "absl", .says = "absl::flat_hash_map, 64 mutexes", .kind = Kind::private_map, .rank = 43, .two_processes = false};

    class Session {
      public:
        explicit Session(Stripe* stripes) : stripes_(stripes) {}
        bool get(const Step& step, Answer& answer) {
            Stripe& stripe = stripe_of(step.key());
            const std::lock_guard<std::mutex> lock(stripe.mutex);
            const auto found = stripe.map.find(step.key());
            return found != stripe.map.end() && answer.copy(found->second.data(), found->second.size());
        }
        bool set(const Step& step, std::string_view value) {
            Stripe& stripe = stripe_of(step.key());
            const std::lock_guard<std::mutex> lock(stripe.mutex);
            const auto found = stripe.map.find(step.key());
            if (found != stripe.map.end()) {
                found->second.assign(value);
            } else {
                stripe.map.emplace(step.key(), value);
            }
            return true;
        }

      private:
        Stripe& stripe_of(std::string_view key) { return stripes_[(Hash{}(key) >> 48U) % kStripes]; }
        Stripe* stripes_;
    };

    AbslStore(const Place&, Opening) : stripes_(std::make_unique<Stripe[]>(kStripes)) {}
    std::unique_ptr<Session> session() { return std::make_unique<Session>(stripes_.get()); }
    std::uint64_t footprint() { return memory_footprint(); }
    static void remove(const Place&) {}

  private:
    std::unique_ptr<Stripe[]> stripes_;
};

const bool registered = register_peer<AbslStore>();

}  // namespace

}  // namespace larder::bench
