#include "tests/crash/scene.hpp"

#include "tests/support/check.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace larder::tests {
namespace {

using Clock = std::chrono::steady_clock;

// Enough keys to have some in each of the few shards.
constexpr int kProbes = 64;

}  // namespace

int wait_for(pid_t child, bool or_stop) {
    int status = 0;
    while (::waitpid(child, &status, or_stop ? WUNTRACED : 0) < 0) {
        if (errno != EINTR) throw std::runtime_error("cannot wait for the child");
    }
    return status;
}

std::string answer_of(const Cache& cache, const std::string& key) {
    std::string value;
    const Status status = cache.get(key, value);
    if (status.ok()) return value;
    return status.code() == Code::not_found ? kAbsent : "<" + status.message() + ">";
}

Scene::Scene(const Operation& operation) : operation_(operation) {
    std::map<std::string, std::string> contents;
    {
        auto cache = opened(Cache::create(path_, operation_.options));
        contents = operation_.prepare(cache);
        require_clean(cache);
        for (const auto& [key, value] : contents) REQUIRE((answer_of(cache, key) == value));
    }
    prepared_ = Snapshot::take(path_);
    answers_ = answers_during(operation_, contents);
}

Options Scene::options() const {
    Options options = operation_.options;
    options.read_check = ReadCheck::always;
    options.timeout = std::chrono::seconds(10);
    return options;
}

void Scene::reset() {
    survivor_.reset();
    write_torn(path_, {&prepared_}, [](std::uint64_t, unsigned) { return std::size_t{0}; });
    survivor_ = opened(Cache::open(path_, options()));
}

pid_t Scene::fork_child(const std::function<void(Cache&)>& body) const {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        auto cache = Cache::open(path_, options());
        if (!cache.ok()) ::_exit(3);
        body(*cache);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "in the child: %s\n", error.what());
        ::_exit(4);
    }
    ::_exit(0);
}

pid_t Scene::fork_waiting(const std::function<void(Cache&)>& body) const {
    const pid_t child = fork_child([&body](Cache& cache) {
        (void)::raise(SIGSTOP);
        body(cache);
    });
    const int status = wait_for(child, true);
    REQUIRE(WIFSTOPPED(status));
    return child;
}

std::chrono::nanoseconds Scene::write_everywhere() {
    std::chrono::nanoseconds longest{0};
    for (int i = 0; i < kProbes; ++i) {
        const std::string key = "probe " + std::to_string(i);
        const auto begin = Clock::now();
        (void)answer_of(*survivor_, key);
        const auto between = Clock::now();
        REQUIRE_OK(survivor_->set(key, value_for(key, 30)));
        longest = std::max({longest, between - begin, Clock::now() - between});
        REQUIRE((answer_of(*survivor_, key) == value_for(key, 30)));
    }
    return longest;
}

void Scene::check_keys() {
    std::string wrong;
    for (const auto& [key, values] : answers_) {
        const std::string answer = answer_of(*survivor_, key);
        if (values.count(answer) == 0) wrong += " " + key.substr(0, 40) + "=" + answer.substr(0, 60);
    }
    REQUIRE(wrong == "");
}

// What repair left must carry more than a look at it.
void Scene::work_on() {
    std::map<std::string, std::string> written;
    for (int i = 0; i < 300; ++i) {
        const std::string key = "after " + std::to_string(i % 150);
        written[key] = value_for(key, static_cast<std::size_t>(40 + i * 53 % 900));
        REQUIRE_OK(survivor_->set(key, written[key]));
        REQUIRE((answer_of(*survivor_, key) == written[key]));
    }
    for (const auto& [key, value] : written) {
        const std::string answer = answer_of(*survivor_, key);
        REQUIRE((answer == value || answer == kAbsent));
    }
}

std::chrono::nanoseconds Scene::check_survivor() {
    // Reading first: it must not need a repair to be right.
    check_keys();
    const auto longest = write_everywhere();
    check_keys();
    require_clean(*survivor_);
    work_on();
    require_clean(*survivor_);
    return longest;
}

}  // namespace larder::tests
