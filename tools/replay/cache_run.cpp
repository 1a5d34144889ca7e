#include "replay/cache_run.hpp"

#include "failure.hpp"
#include "progress.hpp"
#include "replay/interrupt.hpp"
#include "replay/value_source.hpp"
#include "text.hpp"

#include <chrono>
#include <string_view>

namespace larder::tools::replay {
namespace {

// The year 2500 in milliseconds: trace time zero, for caches that must not expire anything by themselves.
constexpr std::int64_t kFarFuture = 16725225600000;

class CachePlayer {
  public:
    CachePlayer(Cache& cache, const CacheRunOptions& options, CacheRun& run)
        : cache_(cache), options_(options), run_(run), outcome_(run.outcome) {}

    void play(const Request& request) {
        const KeyText key(request.key);
        ++outcome_.requests;
        switch (request.operation) {
            case Operation::get:
                return get(request, key.view());
            case Operation::set:
                return store(request, key.view());
            case Operation::remove:
                ++outcome_.removes;
                return expect_found_or_not(cache_.remove(key.view()));
        }
    }

  private:
    void get(const Request& request, std::string_view key) {
        ++outcome_.gets;
        outcome_.get_bytes += request.size;
        const Status status = cache_.get(key, value_, by_trace() ? &info_ : nullptr);
        expect_found_or_not(status);
        if (status.ok() && !has_expired(request, key)) {
            if (options_.check_values && !values_.matches(request.key, value_)) ++run_.wrong_values;
            return;
        }
        ++outcome_.misses;
        outcome_.missed_bytes += request.size;
        store(request, key);
    }

    bool has_expired(const Request& request, std::string_view key) {
        if (!by_trace() || info_.expires_at_ms == 0 || request.time_ms < info_.expires_at_ms - kFarFuture) return false;
        ++outcome_.expired;
        expect_found_or_not(cache_.remove(key));
        return true;
    }

    void store(const Request& request, std::string_view key) {
        WriteOptions write;
        if (request.ttl_ms != 0) {
            write.ttl = by_trace() ? Ttl::at(kFarFuture + request.time_ms + request.ttl_ms)
                                   : Ttl::after(std::chrono::milliseconds(request.ttl_ms));
        }
        const Status status = cache_.set(key, values_.value(request.key, request.size), write);
        if (status.ok()) {
            ++outcome_.stores;
        } else if (status.code() == Code::too_large || status.code() == Code::full) {
            ++outcome_.refused;
        } else {
            check(status, "key " + std::string(key));
        }
    }

    void expect_found_or_not(const Status& status) const {
        if (!status.ok() && status.code() != Code::not_found) check(status, cache_.path());
    }

    bool by_trace() const noexcept { return options_.clock == Clock::trace; }

    Cache& cache_;
    const CacheRunOptions& options_;
    CacheRun& run_;
    Outcome& outcome_;
    ValueSource values_;
    std::string value_;
    RecordInfo info_;
};

void verify(const Cache& cache) {
    const Verification found = check(cache.verify(), cache.path());
    if (found.problems.empty()) return;
    throw Failure(ExitCode::corrupt, "corrupt", "after the replay: " + printable(found.problems.front()));
}

}  // namespace

CacheRun replay_through_cache(const Trace& trace, const std::string& path, const CacheRunOptions& options,
                              const Session& session) {
    CacheRun run;
    Cache cache = check(Cache::create(path, options.cache), path);
    CachePlayer player(cache, options, run);
    Progress progress(session, "replaying " + trace.name);
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < trace.requests.size(); ++i) {
        if (i % kInterruptEvery == 0) {
            Interrupt::check();
            progress.count(i, trace.requests.size());
        }
        player.play(trace.requests[i]);
    }
    run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    progress.clear();
    run.stats = check(cache.stats(), path);
    run.space = measure_space(cache, run.stats);
    run.outcome.evictions = run.stats.counters.evictions;
    run.outcome.records = run.stats.records;
    if (options.verify) verify(cache);
    check(cache.close(), path);
    return run;
}

}  // namespace larder::tools::replay
