#include "replay/policies.hpp"
#include "replay/queue.hpp"

#include <algorithm>

namespace larder::tools::replay {
namespace {

/// low: few requests between two uses, stays. high: held for now. gone: dropped, remembered in the recency stack.
enum class State : std::uint8_t { none, low, high, gone };

class Lirs final : public Policy {
  public:
    Lirs(std::uint64_t capacity, Id ids)
        : recency_(ids),
          high_(ids),
          gone_(ids),
          state_(ids, State::none),
          capacity_(capacity),
          low_limit_(capacity - capacity / 100) {}

    bool get(const Use& use) override {
        if (state_[use.id] == State::low) {
            recency_.renew(use.id);
            prune();
            return true;
        }
        if (state_[use.id] != State::high) return false;
        if (recency_.contains(use.id)) {
            recency_.renew(use.id);
            make_low(use.id, high_.erase(use.id));
        } else {
            recency_.push(use.id, high_.size_of(use.id));
            high_.renew(use.id);
        }
        return true;
    }

    void put(const Use& use) override {
        if (state_[use.id] == State::low || state_[use.id] == State::high) remove(use.id);
        if (use.bytes > capacity_) return;
        while (low_bytes_ + high_.bytes() + use.bytes > capacity_) make_room();
        const bool returns = state_[use.id] == State::gone;
        if (returns) forget_gone(use.id);
        recency_.push(use.id, use.bytes);
        ++held_;
        if (returns || (high_.empty() && low_bytes_ + use.bytes <= low_limit_)) return make_low(use.id, use.bytes);
        state_[use.id] = State::high;
        high_.push(use.id, use.bytes);
    }

    void remove(Id id) override {
        if (state_[id] == State::gone) return forget_gone(id);
        if (state_[id] == State::none) return;
        if (state_[id] == State::low) low_bytes_ -= recency_.size_of(id);
        if (high_.contains(id)) high_.erase(id);
        if (recency_.contains(id)) recency_.erase(id);
        state_[id] = State::none;
        --held_;
        prune();
    }

    std::uint64_t records() const override { return held_; }

  private:
    // REQUIRES: in the recency stack.
    void make_low(Id id, std::uint32_t bytes) {
        state_[id] = State::low;
        low_bytes_ += bytes;
        prune();
        while (low_bytes_ > low_limit_ && recency_.oldest() != id) demote();
    }

    // The oldest of the stack is low, as prune() leaves it.
    void demote() {
        const Id id = recency_.oldest();
        const std::uint32_t bytes = recency_.erase(id);
        low_bytes_ -= bytes;
        state_[id] = State::high;
        high_.push(id, bytes);
        prune();
    }

    void make_room() {
        if (high_.empty()) return demote();
        count_eviction();
        --held_;
        const Id id = high_.oldest();
        const std::uint32_t bytes = high_.erase(id);
        state_[id] = recency_.contains(id) ? State::gone : State::none;
        if (state_[id] == State::gone) gone_.push(id, bytes);
        while (gone_.bytes() > 2 * capacity_) forget_gone(gone_.oldest());
    }

    void forget_gone(Id id) {
        gone_.erase(id);
        recency_.erase(id);
        state_[id] = State::none;
    }

    void prune() {
        for (Id id = recency_.oldest(); id != kNoId && state_[id] != State::low; id = recency_.oldest()) {
            if (state_[id] == State::gone) {
                forget_gone(id);
            } else {
                recency_.erase(id);
            }
        }
    }

    Queue recency_;
    Queue high_;
    Queue gone_;
    std::vector<State> state_;
    std::uint64_t capacity_;
    std::uint64_t low_limit_;
    std::uint64_t low_bytes_ = 0;
    std::uint64_t held_ = 0;
};

}  // namespace

std::unique_ptr<Policy> make_lirs(std::uint64_t capacity, Id ids) { return std::make_unique<Lirs>(capacity, ids); }

}  // namespace larder::tools::replay
