// One kind of operation, so many times, inside one function by which callgrind knows what to count. See check.py.
#include <unistd.h>
#include <larder/cache.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using larder::Cache;

constexpr std::size_t kRecords = 20'000;
constexpr std::size_t kBatch = 16;

std::string key_of(std::size_t id) {
    char text[32];
    std::snprintf(text, sizeof(text), "user:%012zu", id);
    return text;
}

/// What is counted is what this function calls, and a handful of instructions of its own a call.
extern "C" __attribute__((noinline)) void larder_counted(const std::function<void(std::size_t)>& operation, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) operation(i);
}

class Counting {
  public:
    explicit Counting(const std::string& path) : value_(100, 'v'), wide_value_(4096, 'w') {
        larder::Options options;
        options.capacity = std::uint64_t{64} << 20U;
        options.flush_on_close = false;
        options.hash_seed = 1;  // the same keys share buckets in each run
        auto made = Cache::create(path, options);
        if (!made.ok()) throw std::runtime_error(made.status().message());
        cache_ = std::move(*made);
        for (std::size_t i = 0; i < kRecords; ++i) {
            keys_.push_back(key_of(i));
            absent_.push_back(key_of(i + kRecords));
            if (i < kRecords / 2) require(cache_.set(keys_[i], value_));
        }
        for (std::size_t i = 0; i < kWide; ++i) require(cache_.set("wide" + keys_[i], wide_value_));
        for (std::size_t i = 0; i < kWide; ++i) wide_.push_back("wide" + keys_[i]);
        for (std::size_t i = 0; i < kWide; ++i) expiring_.push_back("ttl:" + keys_[i]);
        for (const std::string& key : expiring_) require(cache_.set(key, value_, kHour));
        warm();
    }

    void run(const std::string& name) {
        const std::map<std::string, std::function<void(std::size_t)>> operations{
            {"get_hit", [this](std::size_t i) { require(cache_.get(keys_[i], out_)); }},
            {"get_to_buffer",
             [this](std::size_t i) { require(cache_.get(keys_[i], std::as_writable_bytes(std::span(buffer_))).status()); }},
            {"get_hit_4k", [this](std::size_t i) { require(cache_.get(wide_[i % kWide], out_)); }},
            {"get_miss", [this](std::size_t i) { forbid(cache_.get(absent_[i], out_)); }},
            {"get_hit_ttl", [this](std::size_t i) { require(cache_.get(expiring_[i % kWide], out_)); }},
            {"set_ttl", [this](std::size_t i) { require(cache_.set(expiring_[i % kWide], value_, kHour)); }},
            {"set_new", [this](std::size_t i) { require(cache_.set(keys_[kRecords / 2 + i], value_)); }},
            {"set_overwrite", [this](std::size_t i) { require(cache_.set(keys_[i], value_)); }},
            {"batch_16", [this](std::size_t i) { batch(i * kBatch % (kRecords / 2)); }},
        };
        const auto found = operations.find(name);
        if (found == operations.end()) throw std::runtime_error("no operation called " + name);
        larder_counted(found->second, kCount);
    }

    static constexpr std::size_t kCount = kRecords / 2;

  private:
    static constexpr std::size_t kWide = 500;
    static constexpr larder::WriteOptions kHour{larder::Ttl::after(std::chrono::hours(1)), 0};

    static void require(const larder::Status& status) {
        if (!status.ok()) throw std::runtime_error(status.message());
    }
    static void forbid(const larder::Status& status) {
        if (status.code() != larder::Code::not_found) throw std::runtime_error("found what was never stored");
    }

    /// Hit counters are full and first looks are over: what follows is the steady state.
    void warm() {
        for (int round = 0; round < 4; ++round) {
            for (const std::string& key : wide_) require(cache_.get(key, out_));
            for (const std::string& key : expiring_) require(cache_.get(key, out_));
            for (std::size_t i = 0; i < kRecords / 2; ++i) require(cache_.get(keys_[i], out_));
        }
    }

    void batch(std::size_t first) {
        for (std::size_t i = 0; i < kBatch; ++i) views_[i] = keys_[first + i];
        if (cache_.get_many(views_, lookups_) != kBatch) throw std::runtime_error("a batch missed");
    }

    Cache cache_;
    std::array<char, 100> buffer_{};
    std::string value_;
    std::string wide_value_;
    std::string out_;
    std::vector<std::string> keys_;
    std::vector<std::string> absent_;
    std::vector<std::string> wide_;
    std::vector<std::string> expiring_;
    std::vector<std::string_view> views_ = std::vector<std::string_view>(kBatch);
    std::vector<larder::Lookup> lookups_ = std::vector<larder::Lookup>(kBatch);
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: instructions OPERATION FILE\n");
        return 2;
    }
    try {
        Counting(arguments[2]).run(arguments[1]);
        std::printf("%zu\n", Counting::kCount);
    } catch (const std::exception& trouble) {
        std::fprintf(stderr, "instructions: %s\n", trouble.what());
        unlink(arguments[2]);
        return 1;
    }
    unlink(arguments[2]);
    return 0;
}
