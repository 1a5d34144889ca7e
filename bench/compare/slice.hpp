// The measuring loop: one worker runs one workload for a short slice of time. The same code for every store.
#pragma once

#include "compare/dataset.hpp"
#include "compare/histogram.hpp"
#include "compare/store.hpp"
#include "compare/ticks.hpp"
#include "compare/workload.hpp"

#include <cstdint>
#include <vector>

namespace larder::bench {

struct SliceOrder {
    Operation operation = Operation::get;
    Choice choice = Choice::uniform;
    unsigned workers = 1;
    unsigned first_worker = 0;       ///< whose order of keys the first of them follows
    std::uint64_t start_ns = 0;      ///< monotonic
    std::uint64_t lead_in_ns = 0;    ///< running, not yet counted: caches fill again after the other store's slice
    std::uint64_t length_ns = 0;     ///< counted
    bool by_processor_time = false;  ///< rates a second of processor time, for machines that others use
};

struct SliceResult {
    double rate = 0;  ///< operations a second
    double hits = 0;  ///< share of the gets
    double p50 = 0;   ///< nanoseconds, these five in latency slices only
    double p99 = 0;
    double p999 = 0;
    double p9999 = 0;
    double longest = 0;
};

/// A session that looks kBatch keys up at once.
template <class Session>
concept LooksUpMany = requires(Session& session, const Step* steps, Answer* answers) {
    session.get_many(steps, answers);
};

/// Makes the compiler believe that the bytes are looked at.
inline void consume(const void* bytes) noexcept { asm volatile("" : : "r"(bytes) : "memory"); }

template <class Session>
class alignas(kApart) Worker {
  public:
    Worker(Session& session, const Dataset& data) : session_(session), data_(data) {
        answers_.reserve(kBatch);
        for (std::size_t i = 0; i < kBatch; ++i) answers_.emplace_back(data.values().size());
    }

    SliceResult run(const SliceOrder& order, unsigned worker) {
        steps_ = data_.order(order.choice, worker);
        if (at_ >= steps_.size()) at_ = 0;
        switch (order.operation) {
            case Operation::get:
                return timed(order, [this](const Step* steps) { return gets(steps); });
            case Operation::mixed:
                return timed(order, [this](const Step* steps) { return mixed(steps); });
            case Operation::set:
                return timed(order, [this](const Step* steps) { return sets(steps); });
            case Operation::batch:
                return timed(order, [this](const Step* steps) { return batches(steps); });
            case Operation::latency:
                return latency(order);
        }
        return {};
    }

    /// How many of the steps answer with a whole value; with `first`, with the very value of the fill.
    std::size_t check(std::span<const Step> steps, std::size_t stride, bool first) {
        std::size_t good = 0;
        for (std::size_t i = 0; i < steps.size(); i += stride) {
            if (!session_.get(steps[i], answers_[0])) continue;
            const std::string_view value = answers_[0].value();
            good += first ? value == data_.values().of(steps[i].window) : data_.values().is_whole(value);
        }
        return good;
    }

    /// How many of the steps answer with something that never was a value.
    std::size_t torn(std::span<const Step> steps, std::size_t stride) {
        std::size_t bad = 0;
        for (std::size_t i = 0; i < steps.size(); i += stride) {
            bad += session_.get(steps[i], answers_[0]) && !data_.values().is_whole(answers_[0].value());
        }
        return bad;
    }

  private:
    std::size_t gets(const Step* steps) {
        std::size_t hits = 0;
        for (std::size_t i = 0; i < kChunk; ++i) {
            hits += session_.get(steps[i], answers_[0]);
            consume(answers_[0].value().data());
        }
        return hits;
    }
    std::size_t mixed(const Step* steps) {
        std::size_t good = 0;
        for (std::size_t i = 0; i < kChunk; ++i) {
            if (steps[i].write != 0) {
                good += session_.set(steps[i], data_.values().of(steps[i].window));
            } else {
                good += session_.get(steps[i], answers_[0]);
                consume(answers_[0].value().data());
            }
        }
        return good;
    }
    std::size_t sets(const Step* steps) {
        std::size_t good = 0;
        for (std::size_t i = 0; i < kChunk; ++i) good += session_.set(steps[i], data_.values().of(steps[i].window));
        return good;
    }
    std::size_t batches(const Step* steps) {
        std::size_t hits = 0;
        for (std::size_t i = 0; i < kChunk; i += kBatch) {
            // Only who looks up many is asked to (Peer::batches).
            if constexpr (LooksUpMany<Session>) hits += session_.get_many(steps + i, answers_.data());
            consume(answers_.data());
        }
        return hits;
    }

    const Step* next_chunk() noexcept {
        const Step* chunk = steps_.data() + at_;
        at_ += kChunk;
        if (at_ == steps_.size()) at_ = 0;
        return chunk;
    }

    template <class Chunk>
    SliceResult timed(const SliceOrder& order, Chunk chunk) {
        wait_until_ns(order.start_ns);
        const std::uint64_t lead_end = monotonic_ns() + order.lead_in_ns;
        while (monotonic_ns() < lead_end) chunk(next_chunk());

        const auto length = static_cast<std::uint64_t>(static_cast<double>(order.length_ns) * ticks_per_ns());
        std::uint64_t done = 0;
        std::uint64_t good = 0;
        const std::uint64_t cpu_start = thread_cpu_ns();
        const std::uint64_t wall_start = monotonic_ns();
        const std::uint64_t end = ticks() + length;
        while (ticks() < end) {
            good += chunk(next_chunk());
            done += kChunk;
        }
        const std::uint64_t wall = monotonic_ns() - wall_start;
        const std::uint64_t cpu = thread_cpu_ns() - cpu_start;
        SliceResult result;
        result.rate = static_cast<double>(done) * 1e9 / static_cast<double>(order.by_processor_time ? cpu : wall);
        result.hits = static_cast<double>(good) / static_cast<double>(done);
        return result;
    }

    SliceResult latency(const SliceOrder& order) {
        auto histogram = std::make_unique<Histogram>();
        SliceResult result = timed(order, [this, &histogram](const Step* steps) {
            std::size_t hits = 0;
            for (std::size_t i = 0; i < kChunk; ++i) {
                const std::uint64_t before = ticks_before();
                hits += session_.get(steps[i], answers_[0]);
                const std::uint64_t after = ticks_after();
                consume(answers_[0].value().data());
                histogram->add(after - before);
            }
            return hits;
        });
        const auto ns = [&](double share) { return static_cast<double>(histogram->quantile(share)) / ticks_per_ns(); };
        result.p50 = ns(.5);
        result.p99 = ns(.99);
        result.p999 = ns(.999);
        result.p9999 = ns(.9999);
        result.longest = static_cast<double>(histogram->largest()) / ticks_per_ns();
        return result;
    }

    Session& session_;
    const Dataset& data_;
    std::vector<Answer> answers_;
    std::span<const Step> steps_;
    std::size_t at_ = 0;
};

}  // namespace larder::bench
