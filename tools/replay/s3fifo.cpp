#include "replay/policies.hpp"
#include "replay/queue.hpp"

#include <algorithm>

namespace larder::tools::replay {
namespace {

constexpr std::uint8_t kMostS3Hits = 3;
constexpr std::uint8_t kPromotionHits = 2;

class S3Fifo final : public Policy {
  public:
    S3Fifo(std::uint64_t capacity, Id ids) : small_(ids), main_(ids), ghosts_(ids), hits_(ids, 0), capacity_(capacity) {}

    bool get(const Use& use) override {
        if (!held(use.id)) return false;
        hits_[use.id] = std::min<std::uint8_t>(static_cast<std::uint8_t>(hits_[use.id] + 1), kMostS3Hits);
        return true;
    }

    void put(const Use& use) override {
        const bool to_main = main_.contains(use.id) || ghosts_.contains(use.id);
        const std::uint8_t hits = held(use.id) ? hits_[use.id] : std::uint8_t{0};
        remove(use.id);
        if (ghosts_.contains(use.id)) ghosts_.erase(use.id);
        if (use.bytes > capacity_) return;
        while (small_.bytes() + main_.bytes() + use.bytes > capacity_) make_room();
        (to_main ? main_ : small_).push(use.id, use.bytes);
        hits_[use.id] = hits;
    }

    void remove(Id id) override {
        if (small_.contains(id)) small_.erase(id);
        if (main_.contains(id)) main_.erase(id);
    }

    std::uint64_t records() const override { return small_.count() + main_.count(); }

  private:
    bool held(Id id) const noexcept { return small_.contains(id) || main_.contains(id); }

    void make_room() {
        if (main_.empty() || (!small_.empty() && small_.bytes() > capacity_ / 10)) return leave_small();
        const Id id = main_.oldest();
        if (hits_[id] != 0) {
            --hits_[id];
            return main_.renew(id);
        }
        count_eviction();
        main_.erase(id);
    }

    void leave_small() {
        const Id id = small_.oldest();
        const std::uint32_t bytes = small_.erase(id);
        const bool earned = hits_[id] >= kPromotionHits;
        hits_[id] = 0;
        if (earned) return main_.push(id, bytes);
        count_eviction();
        ghosts_.push(id, bytes);
        while (ghosts_.bytes() > capacity_ - capacity_ / 10) ghosts_.erase(ghosts_.oldest());
    }

    Queue small_;
    Queue main_;
    Queue ghosts_;
    std::vector<std::uint8_t> hits_;
    std::uint64_t capacity_;
};

}  // namespace

std::unique_ptr<Policy> make_s3fifo(std::uint64_t capacity, Id ids) { return std::make_unique<S3Fifo>(capacity, ids); }

}  // namespace larder::tools::replay
