#include "replay/policies.hpp"
#include "replay/queue.hpp"

#include <algorithm>

namespace larder::tools::replay {
namespace {

constexpr std::uint8_t kMostCount = 15;
// Counts are halved after so many uses for each record held.
constexpr std::uint64_t kSample = 10;

class TinyLfu final : public Policy {
  public:
    TinyLfu(std::uint64_t capacity, Id ids)
        : window_(ids),
          probation_(ids),
          protected_(ids),
          count_(ids, 0),
          window_limit_(std::max<std::uint64_t>(capacity / 100, 1)),
          main_limit_(capacity - window_limit_) {}

    bool get(const Use& use) override {
        note(use.id);
        if (window_.contains(use.id)) {
            window_.renew(use.id);
        } else if (protected_.contains(use.id)) {
            protected_.renew(use.id);
        } else if (probation_.contains(use.id)) {
            protect(use.id);
        } else {
            return false;
        }
        return true;
    }

    void put(const Use& use) override {
        remove(use.id);
        if (use.bytes > main_limit_) return;
        window_.push(use.id, use.bytes);
        while (window_.bytes() > window_limit_) {
            const Id candidate = window_.oldest();
            admit(candidate, window_.erase(candidate));
        }
    }

    void remove(Id id) override {
        for (Queue* queue : {&window_, &probation_, &protected_}) {
            if (queue->contains(id)) queue->erase(id);
        }
    }

    std::uint64_t records() const override { return window_.count() + probation_.count() + protected_.count(); }

  private:
    void note(Id id) {
        count_[id] = std::min<std::uint8_t>(static_cast<std::uint8_t>(count_[id] + 1), kMostCount);
        if (++noted_ < kSample * std::max<std::uint64_t>(records(), 1000)) return;
        noted_ = 0;
        for (std::uint8_t& count : count_) count /= 2;
    }

    void protect(Id id) {
        protected_.push(id, probation_.erase(id));
        while (protected_.bytes() > main_limit_ - main_limit_ / 5) {
            const Id oldest = protected_.oldest();
            probation_.push(oldest, protected_.erase(oldest));
        }
    }

    void admit(Id candidate, std::uint32_t bytes) {
        while (probation_.bytes() + protected_.bytes() + bytes > main_limit_) {
            Queue& from = probation_.empty() ? protected_ : probation_;
            const Id victim = from.oldest();
            count_eviction();
            if (count_[candidate] <= count_[victim]) return;
            from.erase(victim);
        }
        probation_.push(candidate, bytes);
    }

    Queue window_;
    Queue probation_;
    Queue protected_;
    std::vector<std::uint8_t> count_;
    std::uint64_t noted_ = 0;
    std::uint64_t window_limit_;
    std::uint64_t main_limit_;
};

}  // namespace

std::unique_ptr<Policy> make_tiny_lfu(std::uint64_t capacity, Id ids) { return std::make_unique<TinyLfu>(capacity, ids); }

}  // namespace larder::tools::replay
