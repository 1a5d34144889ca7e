// Larder, by its public interface alone.
#include "compare/peer.hpp"

#include <unistd.h>
#include <larder/cache.hpp>

#include <array>
#include <stdexcept>

namespace larder::bench {

namespace {

class LarderStore {
  public:
    static constexpr Traits kTraits{.name = "larder", .says = "Larder", .kind = Kind::larder, .rank = 10};

    class alignas(kApart) Session {
      public:
        explicit Session(Cache& cache) : cache_(cache), lookups_(kBatch) {
            // Longer than the values, for the same reason as kApart.
            value_.reserve(2 * kApart);
        }
        bool get(const Step& step, Answer& answer) {
            if (!cache_.get(step.key(), value_).ok()) return false;
            answer.show(value_);
            return true;
        }
        bool set(const Step& step, std::string_view value) { return cache_.set(step.key(), value).ok(); }
        std::size_t get_many(const Step* steps, Answer* answers) {
            for (std::size_t i = 0; i < kBatch; ++i) keys_[i] = steps[i].key();
            const std::size_t hits = cache_.get_many(keys_, lookups_);
            for (std::size_t i = 0; i < kBatch; ++i) answers[i].show(lookups_[i].value);
            return hits;
        }

      private:
        Cache& cache_;
        std::string value_;
        std::array<std::string_view, kBatch> keys_{};
        std::vector<Lookup> lookups_;
    };

    LarderStore(const Place& place, Opening opening) : path_(place.path) {
        Options options;
        // Twice what the records take: a log wants room to run round in when all is overwritten again and again. What is not
        // needed is not allocated, so that the bytes after the fill are those of the records.
        options.capacity = std::uint64_t{place.records} * (kKeySize + place.value_size + 32U) * 2 + (std::uint64_t{16} << 20U);
        options.read_only = opening == Opening::attach_read_only;
        options.flush_on_close = false;
        Result<Cache> opened = opening == Opening::create ? Cache::create(path_, options) : Cache::open(path_, options);
        if (!opened.ok()) throw std::runtime_error("larder: " + opened.status().message());
        cache_ = std::move(*opened);
    }

    std::unique_ptr<Session> session() { return std::make_unique<Session>(cache_); }
    std::uint64_t footprint() { return file_footprint(path_); }
    static void remove(const Place& place) { unlink(place.path.c_str()); }

  private:
    std::string path_;
    Cache cache_;
};

const bool registered = register_peer<LarderStore>();

}  // namespace

}  // namespace larder::bench
