#include "replay/policies.hpp"
#include "replay/queue.hpp"

namespace larder::tools::replay {
namespace {

class Sieve final : public Policy {
  public:
    Sieve(std::uint64_t capacity, Id ids) : queue_(ids), visited_(ids, false), capacity_(capacity) {}

    bool get(const Use& use) override {
        if (!queue_.contains(use.id)) return false;
        visited_[use.id] = true;
        return true;
    }

    void put(const Use& use) override {
        remove(use.id);
        if (use.bytes > capacity_) return;
        while (queue_.bytes() + use.bytes > capacity_) evict();
        queue_.push(use.id, use.bytes);
    }

    void remove(Id id) override {
        visited_[id] = false;
        if (!queue_.contains(id)) return;
        if (hand_ == id) hand_ = queue_.newer(id);
        queue_.erase(id);
    }

    std::uint64_t records() const override { return queue_.count(); }

  private:
    void evict() {
        if (hand_ == kNoId) hand_ = queue_.oldest();
        while (visited_[hand_]) {
            visited_[hand_] = false;
            hand_ = queue_.newer(hand_);
            if (hand_ == kNoId) hand_ = queue_.oldest();
        }
        count_eviction();
        remove(hand_);
    }

    Queue queue_;
    std::vector<bool> visited_;
    Id hand_ = kNoId;  // kNoId: at the oldest
    std::uint64_t capacity_;
};

}  // namespace

std::unique_ptr<Policy> make_sieve(std::uint64_t capacity, Id ids) { return std::make_unique<Sieve>(capacity, ids); }

}  // namespace larder::tools::replay
