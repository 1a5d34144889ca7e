#include "replay/policies.hpp"
#include "replay/queue.hpp"

#include <algorithm>

namespace larder::tools::replay {
namespace {

class Arc final : public Policy {
  public:
    Arc(std::uint64_t capacity, Id ids)
        : once_(ids), often_(ids), once_ghosts_(ids), often_ghosts_(ids), capacity_(static_cast<double>(capacity)) {}

    bool get(const Use& use) override {
        if (often_.contains(use.id)) {
            often_.renew(use.id);
            return true;
        }
        if (!once_.contains(use.id)) return false;
        often_.push(use.id, once_.erase(use.id));
        return true;
    }

    void put(const Use& use) override {
        const bool was_often = often_.contains(use.id) || once_.contains(use.id);
        remove(use.id);
        if (use.bytes > capacity_) return;
        const bool returns = adapt(use);
        make_room(use.bytes);
        (returns || was_often ? often_ : once_).push(use.id, use.bytes);
        trim_ghosts();
    }

    void remove(Id id) override {
        if (once_.contains(id)) once_.erase(id);
        if (often_.contains(id)) often_.erase(id);
    }

    std::uint64_t records() const override { return once_.count() + often_.count(); }

  private:
    static double bytes(const Queue& queue) noexcept { return static_cast<double>(queue.bytes()); }

    // Shifts the share of what was used once by how much a ghost's return regrets. Whether the key was a ghost.
    bool adapt(const Use& use) {
        if (once_ghosts_.contains(use.id)) {
            const double weight = std::max(1.0, bytes(often_ghosts_) / bytes(once_ghosts_));
            share_ = std::min(capacity_, share_ + weight * use.bytes);
            once_ghosts_.erase(use.id);
            return true;
        }
        if (!often_ghosts_.contains(use.id)) return false;
        const double weight = std::max(1.0, bytes(once_ghosts_) / bytes(often_ghosts_));
        share_ = std::max(0.0, share_ - weight * use.bytes);
        often_ghosts_.erase(use.id);
        return true;
    }

    void make_room(std::uint32_t wanted) {
        while (bytes(once_) + bytes(often_) + wanted > capacity_) {
            const bool from_once = often_.empty() || (!once_.empty() && bytes(once_) > share_);
            Queue& from = from_once ? once_ : often_;
            const Id id = from.oldest();
            (from_once ? once_ghosts_ : often_ghosts_).push(id, from.erase(id));
            count_eviction();
        }
    }

    void trim_ghosts() {
        while (!once_ghosts_.empty() && bytes(once_) + bytes(once_ghosts_) > capacity_) once_ghosts_.erase(once_ghosts_.oldest());
        while (!often_ghosts_.empty() &&
               bytes(once_) + bytes(often_) + bytes(once_ghosts_) + bytes(often_ghosts_) > 2 * capacity_) {
            often_ghosts_.erase(often_ghosts_.oldest());
        }
    }

    Queue once_;
    Queue often_;
    Queue once_ghosts_;
    Queue often_ghosts_;
    double capacity_;
    double share_ = 0;
};

}  // namespace

std::unique_ptr<Policy> make_arc(std::uint64_t capacity, Id ids) { return std::make_unique<Arc>(capacity, ids); }

}  // namespace larder::tools::replay
