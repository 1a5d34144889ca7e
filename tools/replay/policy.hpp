// An eviction policy without a store: keys are numbers, records are bytes. What a store would spend on headers, index and
// free space is not counted, unless a policy says so.
#pragma once

#include "replay/trace.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace larder::tools::replay {

/// "Never again", as the position of a next request.
inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// One use of a key.
struct Use {
    Id id = 0;
    std::uint32_t bytes = 0;      ///< of key and value
    std::uint64_t next = kNever;  ///< position of the key's next request; only policies that know the future look at it
};

class Policy {
  public:
    Policy() = default;
    Policy(const Policy&) = delete;
    Policy& operator=(const Policy&) = delete;
    virtual ~Policy() = default;

    /// Whether the record is held; if so, this is a hit.
    virtual bool get(const Use& use) = 0;
    /// Stores a record, held (and then of another size perhaps) or not, and makes room for it. It may refuse to.
    virtual void put(const Use& use) = 0;
    /// Forgets a record that may be held.
    virtual void remove(Id id) = 0;
    virtual std::uint64_t records() const = 0;
    std::uint64_t evictions() const noexcept { return evictions_; }

  protected:
    void count_eviction() noexcept { ++evictions_; }

  private:
    std::uint64_t evictions_ = 0;
};

/// Such as "lru"; all of them, in the order that reports list them.
const std::vector<std::string>& policy_names();
/// `ids` is how many keys there are. Null for an unknown name.
std::unique_ptr<Policy> make_policy(std::string_view name, std::uint64_t capacity, Id ids);
/// Whether it must be told each key's next request.
bool knows_future(std::string_view name);

}  // namespace larder::tools::replay
