#include "compare/pairing.hpp"

#include "compare/free_memory.hpp"
#include "compare/store.hpp"

#include <utility>

namespace larder::bench {

namespace {

constexpr std::uint64_t kStartDelay = 3'000'000;  // until all workers, in all processes, have been told

SliceOrder order_of(const Workload& workload, Mode mode, const Pace& pace) {
    SliceOrder order;
    order.operation = workload.operation;
    order.choice = workload.choice;
    order.workers = mode == Mode::two_threads ? 2 : 1;
    order.lead_in_ns = pace.lead_in_ns;
    order.length_ns = pace.slice_ns;
    order.by_processor_time = pace.by_processor_time;
    return order;
}

}  // namespace

Pairing::Pairing(const Peer& peer, const Dataset& data, Shape shape, const Pace& pace, Place own, Place limit, Line& line)
    : data_(data),
      shape_(shape),
      pace_(pace),
      own_{peer, std::move(own)},
      limit_{*find_peer("limit-b"), std::move(limit)},
      line_(line) {}

Pairing::~Pairing() {
    for (Side* side : {&own_, &limit_}) {
        side->second.reset();
        side->first.reset();
        side->peer.remove(side->place);
    }
}

void Pairing::run(const std::vector<Workload>& workloads) {
    fill();
    if (own_.peer.traits.readers_only) run_readers(workloads);
    if (own_.peer.traits.two_processes && !own_.peer.traits.readers_only) attach_second(Opening::attach);
    bool used = false;
    for (const Workload& workload : workloads) {
        if (!used && !reads_only(workload.operation)) {
            use_capacity();
            used = true;
        }
        run_modes(workload, modes_of(workload));
    }
    if (const double torn = own_.first->torn(); torn > 0 && own_.peer.traits.kind != Kind::limit) {
        line_.notes.push_back("torn values after the writes: " + std::to_string(torn * 100) + " %");
    }
}

void Pairing::fill() {
    FillCell& cell = line_.fills[shape_];
    const double record = static_cast<double>(kKeySize + data_.values().size());
    for (unsigned round = 0; round < pace_.fill_rounds; ++round) {
        for (Side* side : {&limit_, &own_}) {
            side->first.reset();
            side->peer.remove(side->place);
            side->first = std::make_unique<Host>(side->peer, data_, side->place);
            side->first->open(Opening::create);
            const FillResult result = side->first->fill(pace_.by_processor_time);
            (side == &own_ ? cell.own : cell.limit).push_back(result.rate);
            (side == &own_ ? cell.footprint : cell.limit_footprint) = result.footprint / data_.records() - record;
            if (side == &own_ && result.missing > 0) {
                line_.notes.push_back(std::string(kShapes[static_cast<std::size_t>(shape_)].name) +
                                      ": missing after the fill: " + std::to_string(result.missing * 100) + " %");
            }
        }
    }
    cell.records = data_.records();
}

void Pairing::use_capacity() {
    constexpr std::uint64_t kSlice = 400'000'000;
    constexpr std::uint64_t kMemory = std::uint64_t{256} << 20U;  // more than that takes
    constexpr std::uint64_t kGrowth = 200;                        // less than one part in so many is none
    SliceOrder order;
    order.operation = Operation::set;
    order.length_ns = kSlice;
    const std::uint64_t end = monotonic_ns() + pace_.use_ns;
    for (std::uint64_t before = file_footprint(own_.place.path); before != 0 && monotonic_ns() < end;) {
        touch_free_memory(kMemory);
        own_.first->begin_slice(order);
        own_.first->end_slice();
        const std::uint64_t after = file_footprint(own_.place.path);
        if (after < before + before / kGrowth) return;
        before = after;
    }
}

void Pairing::attach_second(Opening opening) {
    for (Side* side : {&limit_, &own_}) {
        side->second = std::make_unique<Host>(side->peer, data_, side->place);
        side->second->open(side == &own_ ? opening : Opening::attach);
        // A server's memory is not the host's.
        if (side->peer.traits.kind != Kind::server) side->second->warm(pace_.warm_ns);
    }
}

/// For stores that several processes may open only if none writes: their two-process slices come first, then the store is
/// opened for writing again.
void Pairing::run_readers(const std::vector<Workload>& workloads) {
    own_.first->reopen(Opening::attach_read_only);
    own_.first->warm(pace_.warm_ns);
    attach_second(Opening::attach_read_only);
    for (const Workload& workload : workloads) {
        if (reads_only(workload.operation) && workload.operation != Operation::latency) {
            run_modes(workload, {Mode::two_processes});
        }
    }
    own_.second.reset();
    limit_.second.reset();
    own_.first->reopen(Opening::attach);
    own_.first->warm(pace_.warm_ns);
}

std::vector<Mode> Pairing::modes_of(const Workload& workload) const {
    const Traits& traits = own_.peer.traits;
    std::vector<Mode> modes{Mode::one};
    if (workload.operation == Operation::latency) return modes;
    if (traits.two_threads) modes.push_back(Mode::two_threads);
    if (traits.two_processes && !traits.readers_only) modes.push_back(Mode::two_processes);
    return modes;
}

void Pairing::run_modes(const Workload& workload, const std::vector<Mode>& modes) {
    for (const Mode mode : modes) {
        Cell& cell = line_.cells[std::string(workload.name)][mode];
        for (unsigned round = 0; round < pace_.rounds; ++round) {
            cell.limit.push_back(slice(limit_, workload, mode));
            cell.own.push_back(slice(own_, workload, mode));
        }
    }
}

SliceResult Pairing::slice(Side& side, const Workload& workload, Mode mode) {
    SliceOrder order = order_of(workload, mode, pace_);
    if (&side == &limit_ && order.operation == Operation::batch) order.operation = Operation::get;
    order.start_ns = monotonic_ns() + kStartDelay;
    side.first->begin_slice(order);
    if (mode != Mode::two_processes) return side.first->end_slice();
    order.first_worker = 1;
    side.second->begin_slice(order);
    SliceResult sum = side.first->end_slice();
    const SliceResult other = side.second->end_slice();
    sum.rate += other.rate;
    sum.hits = (sum.hits + other.hits) / 2;
    return sum;
}

}  // namespace larder::bench
