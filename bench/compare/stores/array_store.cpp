// Limit (a): an array of values whose index is known: one cache miss and the copy.
#include "compare/mapping.hpp"
#include "compare/peer.hpp"

#include <cstdio>

namespace larder::bench {

namespace {

class ArrayStore {
  public:
    static constexpr Traits kTraits{.name = "limit-a",
                                    .says = "array of values, index known",
                                    .kind = Kind::limit,
                                    .rank = 0,
                                    .workloads = "A,C,D,E,latency"};

    class Session {
      public:
        Session(char* values, std::uint32_t size) : values_(values), size_(size) {}
        bool get(const Step& step, Answer& answer) { return answer.copy(place(step), size_); }
        bool set(const Step& step, std::string_view value) {
            std::memcpy(place(step), value.data(), size_);
            return true;
        }

      private:
        char* place(const Step& step) const noexcept { return values_ + std::uint64_t{step.id} * stride(size_); }
        char* values_;
        std::uint32_t size_;
    };

    ArrayStore(const Place& place, Opening opening)
        : path_(place.path),
          size_(place.value_size),
          mapping_(opening == Opening::create ? Mapping::create(path_, std::uint64_t{place.records} * stride(size_))
                                              : Mapping::attach(path_)) {}
    std::unique_ptr<Session> session() { return std::make_unique<Session>(mapping_.data(), size_); }
    std::uint64_t footprint() { return file_footprint(path_); }
    static void remove(const Place& place) { std::remove(place.path.c_str()); }

  private:
    static std::uint64_t stride(std::uint32_t size) noexcept { return (std::uint64_t{size} + 7) & ~std::uint64_t{7}; }
    std::string path_;
    std::uint32_t size_;
    Mapping mapping_;
};

const bool registered = register_peer<ArrayStore>();

}  // namespace

}  // namespace larder::bench
