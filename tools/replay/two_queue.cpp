#include "replay/policies.hpp"
#include "replay/queue.hpp"

namespace larder::tools::replay {
namespace {

class TwoQueue final : public Policy {
  public:
    TwoQueue(std::uint64_t capacity, Id ids) : incoming_(ids), main_(ids), ghosts_(ids), capacity_(capacity) {}

    bool get(const Use& use) override {
        if (main_.contains(use.id)) {
            main_.renew(use.id);
            return true;
        }
        return incoming_.contains(use.id);
    }

    void put(const Use& use) override {
        const bool to_main = main_.contains(use.id) || ghosts_.contains(use.id);
        remove(use.id);
        if (ghosts_.contains(use.id)) ghosts_.erase(use.id);
        if (use.bytes > capacity_) return;
        while (incoming_.bytes() + main_.bytes() + use.bytes > capacity_) make_room();
        (to_main ? main_ : incoming_).push(use.id, use.bytes);
    }

    void remove(Id id) override {
        if (incoming_.contains(id)) incoming_.erase(id);
        if (main_.contains(id)) main_.erase(id);
    }

    std::uint64_t records() const override { return incoming_.count() + main_.count(); }

  private:
    void make_room() {
        count_eviction();
        if (incoming_.empty() || (!main_.empty() && incoming_.bytes() <= capacity_ / 4)) {
            main_.erase(main_.oldest());
            return;
        }
        const Id id = incoming_.oldest();
        ghosts_.push(id, incoming_.erase(id));
        while (ghosts_.bytes() > capacity_ / 2) ghosts_.erase(ghosts_.oldest());
    }

    Queue incoming_;
    Queue main_;
    Queue ghosts_;
    std::uint64_t capacity_;
};

}  // namespace

std::unique_ptr<Policy> make_two_queue(std::uint64_t capacity, Id ids) { return std::make_unique<TwoQueue>(capacity, ids); }

}  // namespace larder::tools::replay
