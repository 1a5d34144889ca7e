#include "replay/policies.hpp"
#include "replay/queue.hpp"

namespace larder::tools::replay {
namespace {

/// Fifo, Lru and SecondChance (CLOCK) differ in what a hit does and in whether the oldest may stay.
class Fifo : public Policy {
  public:
    Fifo(std::uint64_t capacity, Id ids) : queue_(ids), capacity_(capacity) {}

    bool get(const Use& use) override {
        if (!queue_.contains(use.id)) return false;
        hit(use.id);
        return true;
    }

    void put(const Use& use) override {
        remove(use.id);
        if (use.bytes > capacity_) return;
        while (queue_.bytes() + use.bytes > capacity_) make_room();
        queue_.push(use.id, use.bytes);
    }

    void remove(Id id) override {
        if (queue_.contains(id)) queue_.erase(id);
    }

    std::uint64_t records() const override { return queue_.count(); }

  protected:
    virtual void hit(Id) {}
    virtual void make_room() {
        count_eviction();
        queue_.erase(queue_.oldest());
    }
    Queue& queue() noexcept { return queue_; }

  private:
    Queue queue_;
    std::uint64_t capacity_;
};

class Lru final : public Fifo {
  public:
    using Fifo::Fifo;

  protected:
    void hit(Id id) override { queue().renew(id); }
};

class SecondChance final : public Fifo {
  public:
    SecondChance(std::uint64_t capacity, Id ids) : Fifo(capacity, ids), hit_(ids, false) {}

    void remove(Id id) override {
        hit_[id] = false;
        Fifo::remove(id);
    }

  protected:
    void hit(Id id) override { hit_[id] = true; }
    void make_room() override {
        const Id oldest = queue().oldest();
        if (!hit_[oldest]) return Fifo::make_room();
        hit_[oldest] = false;
        queue().renew(oldest);
    }

  private:
    std::vector<bool> hit_;
};

}  // namespace

std::unique_ptr<Policy> make_fifo(std::uint64_t capacity, Id ids) { return std::make_unique<Fifo>(capacity, ids); }
std::unique_ptr<Policy> make_lru(std::uint64_t capacity, Id ids) { return std::make_unique<Lru>(capacity, ids); }
std::unique_ptr<Policy> make_clock(std::uint64_t capacity, Id ids) { return std::make_unique<SecondChance>(capacity, ids); }

}  // namespace larder::tools::replay
