// Policies that rank all records: the lowest rank goes first.
#include "replay/policies.hpp"

#include <set>
#include <utility>

namespace larder::tools::replay {
namespace {

struct Ranked {
    double rank = 0;
    std::uint32_t bytes = 0;  ///< 0: not held
    std::uint32_t uses = 0;
};

class Ranking : public Policy {
  public:
    Ranking(std::uint64_t capacity, Id ids) : ranked_(ids), capacity_(capacity) {}

    bool get(const Use& use) override {
        Ranked& held = ranked_[use.id];
        if (held.bytes == 0) return false;
        ++held.uses;
        rerank(use.id, rank(use, held));
        return true;
    }

    void put(const Use& use) override {
        remove(use.id);
        if (use.bytes > capacity_) return;
        ranked_[use.id] = {0, use.bytes, 1};
        ranked_[use.id].rank = rank(use, ranked_[use.id]);
        order_.emplace(ranked_[use.id].rank, use.id);
        bytes_ += use.bytes;
        while (bytes_ > capacity_) {
            const auto [lowest, id] = *order_.begin();
            evicting(lowest);
            count_eviction();
            remove(id);
        }
    }

    void remove(Id id) override {
        if (ranked_[id].bytes == 0) return;
        order_.erase({ranked_[id].rank, id});
        bytes_ -= ranked_[id].bytes;
        ranked_[id] = {};
    }

    std::uint64_t records() const override { return order_.size(); }

  protected:
    virtual double rank(const Use& use, const Ranked& held) const = 0;
    virtual void evicting(double) {}

  private:
    void rerank(Id id, double rank) {
        order_.erase({ranked_[id].rank, id});
        ranked_[id].rank = rank;
        order_.emplace(rank, id);
    }

    std::vector<Ranked> ranked_;
    std::set<std::pair<double, Id>> order_;
    std::uint64_t capacity_;
    std::uint64_t bytes_ = 0;
};

class Gdsf final : public Ranking {
  public:
    using Ranking::Ranking;

  protected:
    double rank(const Use&, const Ranked& held) const override {
        return age_ + static_cast<double>(held.uses) / static_cast<double>(held.bytes);
    }
    void evicting(double lowest) override { age_ = lowest; }

  private:
    double age_ = 0;
};

class Belady final : public Ranking {
  public:
    using Ranking::Ranking;

  protected:
    // kNever becomes the lowest of all.
    double rank(const Use& use, const Ranked&) const override { return -static_cast<double>(use.next); }
};

}  // namespace

std::unique_ptr<Policy> make_gdsf(std::uint64_t capacity, Id ids) { return std::make_unique<Gdsf>(capacity, ids); }
std::unique_ptr<Policy> make_belady(std::uint64_t capacity, Id ids) { return std::make_unique<Belady>(capacity, ids); }

}  // namespace larder::tools::replay
