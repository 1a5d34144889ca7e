// Boost.Interprocess: hash maps in a managed mapped file, striped over 64 mutexes. What many write for themselves.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "compare/peer.hpp"

#include <unistd.h>
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/interprocess/managed_mapped_file.hpp>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>
#include <boost/unordered_map.hpp>

namespace larder::bench {

namespace {

namespace ipc = boost::interprocess;

using Memory = ipc::managed_mapped_file;
using Heap = Memory::segment_manager;
using Text = ipc::basic_string<char, std::char_traits<char>, ipc::allocator<char, Heap>>;

struct Hash {
    std::size_t operator()(std::string_view key) const noexcept { return XXH3_64bits(key.data(), key.size()); }
    std::size_t operator()(const Text& key) const noexcept { return XXH3_64bits(key.data(), key.size()); }
};
struct Equal {
    static std::string_view view(const Text& text) noexcept { return {text.data(), text.size()}; }
    static std::string_view view(std::string_view text) noexcept { return text; }
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const noexcept {
        return view(left) == view(right);
    }
};

using Map = boost::unordered_map<Text, Text, Hash, Equal, ipc::allocator<std::pair<const Text, Text>, Heap>>;

struct alignas(64) Stripe {
    explicit Stripe(Heap* heap) : map(16, Hash{}, Equal{}, Map::allocator_type(heap)) {}
    ipc::interprocess_mutex mutex;
    Map map;
};

constexpr std::size_t kStripes = 64;

struct Stripes {
    ipc::offset_ptr<Stripe> all[kStripes];
};

class InterprocessStore {
  public:
    static constexpr Traits kTraits{
        .name = "interprocess", .says = "Boost.Interprocess, 64 mutexes", .kind = Kind::shared, .rank = 21};

    class Session {
      public:
        Session(Stripes* stripes, Heap* heap) : stripes_(stripes), heap_(heap) {}
        bool get(const Step& step, Answer& answer) {
            const std::string_view key = step.key();
            Stripe& stripe = stripe_of(key);
            ipc::scoped_lock<ipc::interprocess_mutex> lock(stripe.mutex);
            const auto found = stripe.map.find(key, Hash{}, Equal{});
            return found != stripe.map.end() && answer.copy(found->second.data(), found->second.size());
        }
        bool set(const Step& step, std::string_view value) {
            const std::string_view key = step.key();
            Stripe& stripe = stripe_of(key);
            ipc::scoped_lock<ipc::interprocess_mutex> lock(stripe.mutex);
            const auto found = stripe.map.find(key, Hash{}, Equal{});
            if (found != stripe.map.end()) {
                found->second.assign(value.data(), value.size());
                return true;
            }
            const ipc::allocator<char, Heap> allocator(heap_);
            stripe.map.emplace(Text(key.data(), key.size(), allocator), Text(value.data(), value.size(), allocator));
            return true;
        }

      private:
        Stripe& stripe_of(std::string_view key) { return *stripes_->all[(Hash{}(key) >> 32U) % kStripes]; }
        Stripes* stripes_;
        Heap* heap_;
    };

    InterprocessStore(const Place& place, Opening opening) : path_(place.path), memory_(make(place, opening)) {
        if (opening != Opening::create) {
            stripes_ = memory_.find<Stripes>("stripes").first;
            return;
        }
        stripes_ = memory_.construct<Stripes>("stripes")();
        for (auto& stripe : stripes_->all) {
            stripe = memory_.construct<Stripe>(ipc::anonymous_instance)(memory_.get_segment_manager());
        }
    }

    std::unique_ptr<Session> session() { return std::make_unique<Session>(stripes_, memory_.get_segment_manager()); }
    std::uint64_t footprint() { return file_footprint(path_); }
    static void remove(const Place& place) { unlink(place.path.c_str()); }

  private:
    static Memory make(const Place& place, Opening opening) {
        if (opening != Opening::create) return Memory(ipc::open_only, place.path.c_str());
        unlink(place.path.c_str());
        const std::uint64_t size = std::uint64_t{place.records} * (place.value_size + 320U) + (std::uint64_t{64} << 20U);
        return Memory(ipc::create_only, place.path.c_str(), size);
    }

    std::string path_;
    Memory memory_;
    Stripes* stripes_ = nullptr;
};

const bool registered = register_peer<InterprocessStore>();

}  // namespace

}  // namespace larder::bench
