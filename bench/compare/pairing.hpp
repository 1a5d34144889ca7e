// One store beside limit (b), on one shape of data: both are filled, then run every workload of the shape in turns.
#pragma once

#include "compare/host.hpp"
#include "compare/report.hpp"

#include <memory>
#include <string>
#include <vector>

namespace larder::bench {

/// How long and how often.
struct Pace {
    unsigned rounds = 5;
    unsigned fill_rounds = 1;
    std::uint64_t slice_ns = 200'000'000;
    std::uint64_t lead_in_ns = 20'000'000;
    std::uint64_t warm_ns = 20'000'000'000;
    std::uint64_t use_ns = 60'000'000'000;  ///< at most, until a store has used its capacity
    bool by_processor_time = false;
};

class Pairing {
  public:
    Pairing(const Peer& peer, const Dataset& data, Shape shape, const Pace& pace, Place own, Place limit, Line& line);
    ~Pairing();
    Pairing(const Pairing&) = delete;
    Pairing& operator=(const Pairing&) = delete;
    void run(const std::vector<Workload>& workloads);

  private:
    /// The hosts of one store: the first holds it from the beginning, the second attaches for the two-process slices.
    struct Side {
        const Peer& peer;
        Place place;
        std::unique_ptr<Host> first{};
        std::unique_ptr<Host> second{};
    };
    void fill();
    void attach_second(Opening opening);
    /// Overwrites until the store's file does not grow any more. What appends runs through its capacity first, and then
    /// within it, as it does in service; what overwrites in place takes one short slice.
    void use_capacity();
    void run_modes(const Workload& workload, const std::vector<Mode>& modes);
    void run_readers(const std::vector<Workload>& workloads);
    SliceResult slice(Side& side, const Workload& workload, Mode mode);
    std::vector<Mode> modes_of(const Workload& workload) const;

    const Dataset& data_;
    Shape shape_;
    Pace pace_;
    Side own_;
    Side limit_;
    Line& line_;
};

}  // namespace larder::bench
