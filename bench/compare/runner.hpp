// Runs one store within one process: opens it, fills it, and lets its workers run slices. Everything above this line of the
// bench is the same for all stores; virtual calls happen once a slice, never once an operation.
#pragma once

#include "compare/free_memory.hpp"
#include "compare/slice.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace larder::bench {

struct FillResult {
    double rate = 0;       ///< sets a second, one thread
    double footprint = 0;  ///< bytes of file or memory
    double missing = 0;    ///< share of a sample of the records that did not answer with its value
};

class Runner {
  public:
    virtual ~Runner() = default;
    virtual void open(const Place& place, Opening opening) = 0;
    virtual void close() = 0;
    virtual FillResult fill(bool by_processor_time) = 0;
    /// Reads every record once, so that the first faults on its memory are over. Stops after `limit_ns`.
    virtual void warm(std::uint64_t limit_ns) = 0;
    virtual SliceResult slice(const SliceOrder& order) = 0;
    /// The share of a sample of the records whose value is neither absent nor whole.
    virtual double torn() = 0;
};

template <class Store>
class RunnerOf final : public Runner {
  public:
    using Session = typename decltype(std::declval<Store&>().session())::element_type;

    explicit RunnerOf(const Dataset& data) : data_(data) {}

    void open(const Place& place, Opening opening) override {
        before_ = memory_footprint();
        store_ = std::make_unique<Store>(place, opening);
    }
    void close() override {
        workers_.clear();
        sessions_.clear();
        store_.reset();
    }

    FillResult fill(bool by_processor_time) override {
        FillResult result;
        make_workers(1);
        auto& session = *sessions_[0];
        std::span<const Step> steps = data_.all();
        if constexpr (requires { session.fill(steps, data_.values()); }) {
            const std::size_t single = std::min(steps.size(), steps.size() / 100 + 1000);
            result.rate = timed_sets(session, steps.first(single), by_processor_time);
            session.fill(steps.subspan(single), data_.values());
        } else {
            result.rate = timed_sets(session, steps, by_processor_time);
        }
        const std::uint64_t taken = store_->footprint();
        result.footprint =
            static_cast<double>(Store::kTraits.kind == Kind::private_map ? taken - std::min(taken, before_) : taken);
        const std::size_t stride = stride_of(steps);
        const std::size_t looked = (steps.size() + stride - 1) / stride;
        const std::size_t good = workers_[0]->check(steps, stride, true);
        result.missing = static_cast<double>(looked - good) / static_cast<double>(looked);
        return result;
    }

    void warm(std::uint64_t limit_ns) override {
        make_workers(1);
        const std::uint64_t end = monotonic_ns() + limit_ns;
        std::span<const Step> steps = data_.all();
        for (std::size_t at = 0; at < steps.size() && monotonic_ns() < end; at += kChunk) {
            workers_[0]->check(steps.subspan(at, std::min(kChunk, steps.size() - at)), 1, false);
        }
    }

    SliceResult slice(const SliceOrder& order) override {
        make_workers(order.workers);
        if (order.workers == 1) return workers_[0]->run(order, order.first_worker);
        std::vector<SliceResult> results(order.workers);
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < order.workers; ++i) {
            threads.emplace_back([&, i] { results[i] = workers_[i]->run(order, order.first_worker + i); });
        }
        for (std::thread& thread : threads) thread.join();
        SliceResult sum;
        for (const SliceResult& result : results) {
            sum.rate += result.rate;
            sum.hits += result.hits / static_cast<double>(order.workers);
        }
        return sum;
    }

    double torn() override {
        make_workers(1);
        std::span<const Step> steps = data_.all();
        const std::size_t stride = stride_of(steps);
        return static_cast<double>(workers_[0]->torn(steps, stride)) / static_cast<double>((steps.size() + stride - 1) / stride);
    }

  private:
    /// Of a sample of a few thousand.
    static std::size_t stride_of(std::span<const Step> steps) { return std::max<std::size_t>(1, steps.size() / 3'000); }

    void make_workers(unsigned count) {
        while (workers_.size() < count) {
            sessions_.push_back(store_->session());
            workers_.push_back(std::make_unique<Worker<Session>>(*sessions_.back(), data_));
        }
    }

    /// Sets a second. The clock stands while the memory that the next ones take is touched: all at once would be with the host
    /// again before it is needed.
    double timed_sets(Session& session, std::span<const Step> steps, bool by_processor_time) {
        constexpr std::size_t kBytesAtOnce = std::size_t{32} << 20U;
        const std::size_t at_once = kBytesAtOnce / (kKeySize + data_.values().size()) + 1;
        std::uint64_t taken = 0;
        for (std::size_t at = 0; at < steps.size(); at += at_once) {
            touch_free_memory(2 * kBytesAtOnce);
            const std::uint64_t cpu_start = thread_cpu_ns();
            const std::uint64_t wall_start = monotonic_ns();
            for (const Step& step : steps.subspan(at, std::min(at_once, steps.size() - at))) {
                if (!session.set(step, data_.values().of(step.window))) throw std::runtime_error("a set failed during the fill");
            }
            taken += by_processor_time ? thread_cpu_ns() - cpu_start : monotonic_ns() - wall_start;
        }
        return static_cast<double>(steps.size()) * 1e9 / static_cast<double>(taken);
    }

    const Dataset& data_;
    std::uint64_t before_ = 0;
    std::unique_ptr<Store> store_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::vector<std::unique_ptr<Worker<Session>>> workers_;
};

}  // namespace larder::bench
