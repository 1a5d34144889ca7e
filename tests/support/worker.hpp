// One of several that work on the same cache at once, each checking all that it reads.
#pragma once

#include <larder/cache.hpp>

#include "tests/support/described_value.hpp"
#include "tests/support/journal.hpp"
#include "tests/support/random.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace larder::tests {

struct WorkerOptions {
    std::uint32_t number = 0;  ///< its line in the journal
    std::uint64_t seed = 0;
    bool evicting = false;   ///< records may be missing
    bool read_only = false;  ///< only reads
    bool may_be_busy = false;
    std::uint64_t shared_keys = 2000;
    std::uint64_t usual_value = 1000;
    std::uint64_t largest_value = 64U << 10U;
};

/// What a worker throws when the cache gave a wrong answer.
struct WrongAnswer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Worker {
  public:
    /// Goes on where the worker that had this line in the journal before was killed, and checks what it left.
    Worker(Cache& cache, const Journal& journal, const WorkerOptions& options);
    /// Until as many operations are done (0: no end), or the journal says stop.
    void run(std::uint64_t operations);

    /// The shared counters must be there before the first worker counts.
    static Status prepare(Cache& cache);
    /// Throws unless counters and all workers' own keys are as the journal says.
    static void check_end(const Cache& cache, const Journal& journal, std::uint32_t workers, bool evicting);
    static std::string counter_key(std::size_t number) { return "counter " + std::to_string(number); }

  private:
    struct Choice {
        unsigned weight;
        void (Worker::*operation)();
        bool reads;
    };
    static const std::vector<Choice>& choices();
    void step();
    std::string shared_key();
    void make_value(std::string_view key);
    void check_value(const std::string& key, std::string_view value);
    /// True if ok; false if one of the others, or busy where that may be; throws for any other code.
    bool expect(const char* call, std::string_view key, const Status& status, Code other = Code::ok, Code another = Code::ok);
    void recover_own(std::size_t number);
    void check_own(std::size_t number);

    void get();
    void get_into_buffer();
    void get_many();
    void look();
    void scan();
    void set();
    void add();
    void replace();
    void swap();
    void remove();
    void touch();
    void count();
    void log();
    void read_log();
    void change_own();
    void read_own();

    Cache& cache_;
    const Journal& journal_;
    JournalLine& line_;
    WorkerOptions options_;
    Random random_;
    std::uint32_t identity_;
    std::uint64_t sequence_ = 0;
    std::uint64_t log_sequence_ = 0;
    std::string value_;
    std::string scratch_;
    std::vector<Lookup> answers_;
    std::vector<std::byte> buffer_;
    Cursor cursor_;
    /// The last of each writer's values seen under a key.
    std::unordered_map<std::string, std::unordered_map<std::uint32_t, std::uint64_t>> seen_;
};

}  // namespace larder::tests
