#include "tests/crash/scene.hpp"

#include "tests/support/check.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace larder::tests {
namespace {

using Clock = std::chrono::steady_clock;

// Enough keys to have some in each of the few shards.
constexpr int kProbes = 64;

void must(bool condition, const std::string& what) {
    if (!condition) throw std::runtime_error(what);
}

std::uint64_t evictions_of(const Cache& cache) {
    const auto stats = cache.stats();
    must(stats.ok(), stats.status().message());
    return stats->counters.evictions;
}

}  // namespace

std::string answer_of(const Cache& cache, const std::string& key) {
    std::string value;
    const Status status = cache.get(key, value);
    if (status.ok()) return value;
    return status.code() == Code::not_found ? kAbsent : "<" + status.message() + ">";
}

Scene::Scene(const Operation& operation) : operation_(operation) {
    {
        auto cache = opened(Cache::create(path_, operation_.options));
        contents_ = operation_.prepare(cache);
        require_clean(cache);
        for (const auto& [key, value] : contents_) must(answer_of(cache, key) == value, "not prepared: " + key);
    }
    if (operation_.damage) operation_.damage(operation_.options, path_);
    prepared_ = Snapshot::take(path_);
    answers_ = answers_during(operation_, contents_);
}

Options Scene::options() const {
    Options options = operation_.options;
    options.read_check = ReadCheck::always;
    options.timeout = std::chrono::seconds(10);
    return options;
}

// Only pages that differ are written: most do not.
void Scene::restore() const {
    const int file = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    must(file >= 0, "cannot open " + path_);
    Snapshot::Bytes bytes;
    const Snapshot now = Snapshot::take(path_, &prepared_);
    for (const auto& [number, page] : now.pages()) {
        const Snapshot::Bytes* before = prepared_.find(number);
        const auto at = static_cast<off_t>(number * kSnapshotPage);
        if (before == nullptr) {
            must(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, kSnapshotPage) == 0, "cannot make a hole");
        } else if (page.get() != before) {
            must(::pwrite(file, before->data(), bytes.size(), at) == static_cast<ssize_t>(bytes.size()), "cannot write");
        }
    }
    for (const auto& [number, page] : prepared_.pages()) {
        if (now.find(number) != nullptr) continue;
        const auto at = static_cast<off_t>(number * kSnapshotPage);
        must(::pwrite(file, page->data(), bytes.size(), at) == static_cast<ssize_t>(bytes.size()), "cannot write");
    }
    ::close(file);
}

void Scene::reset() {
    survivor_.reset();
    restore();
    survivor_ = opened(Cache::open(path_, options()));
    evictions_ = evictions_of(*survivor_);
}

Deed Scene::with_handle(const std::function<void(Cache&)>& run) const {
    return [this, run](const std::function<void()>& begin) {
        auto cache = Cache::open(path_, options());
        must(cache.ok(), cache.status().message());
        // The first call binds functions and touches memory; that is not what is to be stepped through.
        (void)cache->get("k1");
        begin();
        run(*cache);
    };
}

std::chrono::nanoseconds Scene::write_everywhere() {
    std::chrono::nanoseconds longest{0};
    for (int i = 0; i < kProbes; ++i) {
        const std::string key = "probe " + std::to_string(i);
        const std::string value = value_for(key, 30);
        const auto begin = Clock::now();
        (void)answer_of(*survivor_, key);
        const auto between = Clock::now();
        const Status status = survivor_->set(key, value);
        longest = std::max({longest, between - begin, Clock::now() - between});
        must(status.ok(), "set after a kill: " + status.message());
        must(answer_of(*survivor_, key) == value, "not found after it was set: " + key);
    }
    return longest;
}

void Scene::check_keys(const Cache& cache) const {
    // What the test itself writes into a full cache makes room for itself, and the counters own up to it.
    const bool may_be_evicted = evictions_of(cache) != evictions_;
    std::string wrong;
    for (const auto& [key, values] : answers_) {
        std::string answer = answer_of(cache, key);
        // What is damaged is refused until it has been repaired, and absent from then on.
        if (operation_.damage && answer.front() == '<') answer = kAbsent;
        if (may_be_evicted && answer == kAbsent) continue;
        if (values.count(answer) == 0) wrong += " " + key.substr(0, 40) + "=" + answer.substr(0, 60);
    }
    REQUIRE(wrong == "");
}

// What repair left must carry more than a look at it.
void Scene::work_on() {
    std::map<std::string, std::string> written;
    for (int i = 0; i < 150; ++i) {
        const std::string key = "after " + std::to_string(i % 75);
        written[key] = value_for(key, static_cast<std::size_t>(40 + i * 53 % 900));
        const Status status = survivor_->set(key, written[key]);
        must(status.ok(), "set after a repair: " + status.message());
        must(answer_of(*survivor_, key) == written[key], "not found after it was set: " + key);
    }
    for (const auto& [key, value] : written) {
        const std::string answer = answer_of(*survivor_, key);
        must(answer == value || answer == kAbsent, key + " reads as " + answer);
    }
}

std::chrono::nanoseconds Scene::check_survivor() {
    // Reading first: it must not need a repair to be right.
    check_keys(*survivor_);
    const auto longest = write_everywhere();
    if (operation_.damage) REQUIRE_OK(survivor_->repair());
    check_keys(*survivor_);
    require_clean(*survivor_);
    work_on();
    require_clean(*survivor_);
    return longest;
}

}  // namespace larder::tests
