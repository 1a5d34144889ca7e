#include "tests/support/worker.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace larder::tests {

namespace {

std::string own_key(std::uint32_t worker, std::size_t number) {
    return "own " + std::to_string(worker) + "/" + std::to_string(number);
}

/// An own key's life: each fourth change removes it, and it begins absent.
bool own_present(std::uint64_t sequence) { return sequence != 0 && sequence % 4 != 3; }

void own_value(const std::string& key, std::uint32_t worker, std::uint64_t sequence, std::string& value) {
    describe(key, {worker, sequence}, kLeastDescribed + mix(sequence) % 3000, value);
}

[[noreturn]] void wrong(std::string_view key, const std::string& what) {
    throw WrongAnswer("key [" + std::string(key) + "]: " + what);
}

/// Whether an own key is as it is after this change.
bool own_is(const Cache& cache, std::uint32_t worker, std::size_t number, std::uint64_t sequence, bool evicting) {
    const auto key = own_key(worker, number);
    std::string found;
    const Status status = cache.get(key, found);
    if (status.code() == Code::not_found) return evicting || !own_present(sequence);
    if (!status.ok()) wrong(key, "get: " + status.message());
    if (!own_present(sequence)) return false;
    std::string right;
    own_value(key, worker, sequence, right);
    return found == right;
}

std::string own_state(const Cache& cache, const std::string& key, std::uint64_t begun, std::uint64_t done) {
    std::string found;
    Description description;
    std::string state = "absent";
    const Status status = cache.get(key, found);
    if (status.ok()) {
        state = read_described(key, found, description);
        if (state.empty()) state = "as after change " + std::to_string(description.sequence);
    }
    return state + "; done were " + std::to_string(done) + " changes, begun " + std::to_string(begun);
}

}  // namespace

Worker::Worker(Cache& cache, const Journal& journal, const WorkerOptions& options)
    : cache_(cache),
      journal_(journal),
      line_(journal.line(options.number)),
      options_(options),
      random_(mix(options.seed)),
      identity_(options.number) {
    const std::uint64_t incarnation = line_.incarnation.fetch_add(1) + 1;
    identity_ += static_cast<std::uint32_t>(incarnation * kMostWorkers);
    random_ = Random(mix(options.seed ^ mix(incarnation)));
    if (options_.read_only) return;
    for (std::size_t number = 0; number < kPrivateKeys; ++number) recover_own(number);
}

const std::vector<Worker::Choice>& Worker::choices() {
    static const std::vector<Choice> list{
        {30, &Worker::get, true},        {5, &Worker::get_into_buffer, true},
        {2, &Worker::get_many, true},    {5, &Worker::look, true},
        {1, &Worker::scan, true},        {15, &Worker::set, false},
        {4, &Worker::add, false},        {3, &Worker::replace, false},
        {4, &Worker::swap, false},       {6, &Worker::remove, false},
        {3, &Worker::touch, false},      {6, &Worker::count, false},
        {2, &Worker::log, false},        {2, &Worker::read_log, true},
        {8, &Worker::change_own, false}, {4, &Worker::read_own, false},
    };
    return list;
}

void Worker::step() {
    unsigned total = 0;
    for (const auto& choice : choices()) total += options_.read_only && !choice.reads ? 0 : choice.weight;
    std::uint64_t number = random_.below(total);
    for (const auto& choice : choices()) {
        if (options_.read_only && !choice.reads) continue;
        if (number < choice.weight) return (this->*choice.operation)();
        number -= choice.weight;
    }
}

void Worker::run(std::uint64_t operations) {
    for (std::uint64_t i = 0; operations == 0 || i < operations; ++i) {
        if (journal_.plan().stop.load(std::memory_order_relaxed) != 0) return;
        const auto begin = std::chrono::steady_clock::now();
        step();
        const std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - begin;
        if (static_cast<std::uint64_t>(taken.count()) > line_.longest_ns.load(std::memory_order_relaxed))
            line_.longest_ns.store(static_cast<std::uint64_t>(taken.count()), std::memory_order_relaxed);
        line_.operations.fetch_add(1, std::memory_order_relaxed);
    }
}

Status Worker::prepare(Cache& cache) {
    for (std::size_t number = 0; number < kSharedCounters; ++number) {
        Status status = cache.set(counter_key(number), "0");
        if (!status.ok()) return status;
    }
    return {};
}

std::string Worker::shared_key() {
    const std::uint64_t number =
        random_.chance(50) ? random_.skewed(options_.shared_keys - 1) : random_.below(options_.shared_keys);
    std::string key = "shared " + std::to_string(number);
    if (number % 5 == 0) key.append(mix(number) % 300, 'k');
    return key;
}

void Worker::make_value(std::string_view key) {
    const bool large = random_.below(200) == 0;
    const std::uint64_t bound = std::min(large ? options_.largest_value : options_.usual_value, cache_.max_value_size());
    describe(key, {identity_, ++sequence_}, random_.skewed(bound), value_);
}

void Worker::check_value(const std::string& key, std::string_view value) {
    Description description;
    const auto problem = read_described(key, value, description);
    if (!problem.empty()) wrong(key, problem);
    auto& last = seen_[key][description.writer];
    if (description.sequence < last) {
        wrong(key, "an old value came back: number " + std::to_string(description.sequence) + " of writer " +
                       std::to_string(description.writer) + " after number " + std::to_string(last));
    }
    last = description.sequence;
}

bool Worker::expect(const char* call, std::string_view key, const Status& status, Code other, Code another) {
    if (status.ok()) return true;
    if (status.code() == other || status.code() == another) return false;
    if (status.code() == Code::busy && options_.may_be_busy) return false;
    wrong(key, std::string(call) + ": " + std::string(code_name(status.code())) + ": " + status.message());
}

void Worker::get() {
    const auto key = shared_key();
    if (expect("get", key, cache_.get(key, scratch_), Code::not_found)) check_value(key, scratch_);
}

void Worker::get_into_buffer() {
    const auto key = shared_key();
    buffer_.resize(options_.usual_value);
    RecordInfo info;
    const auto length = cache_.get(key, std::span(buffer_), &info);
    if (!expect("get", key, length.status(), Code::not_found, Code::size_mismatch)) return;
    if (info.value_size != *length) wrong(key, "a length that is not the value's");
    check_value(key, std::string_view(reinterpret_cast<const char*>(buffer_.data()), *length));
}

void Worker::get_many() {
    std::vector<std::string> keys(16);
    for (auto& key : keys) key = shared_key();
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    answers_.resize(keys.size());
    const std::size_t hits = cache_.get_many(views, answers_);
    std::size_t counted = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!expect("get_many", keys[i], answers_[i].status, Code::not_found)) continue;
        ++counted;
        // Of a key that is asked twice it is not said which answer is the later one.
        const bool first = std::find(keys.begin(), keys.end(), keys[i]) - keys.begin() == static_cast<std::ptrdiff_t>(i);
        if (first) check_value(keys[i], answers_[i].value);
    }
    if (hits != counted) wrong("", "get_many counted " + std::to_string(hits) + " hits of " + std::to_string(counted));
}

void Worker::look() {
    const auto key = shared_key();
    expect("contains", key, cache_.contains(key), Code::not_found);
    const auto info = cache_.info(key);
    if (expect("info", key, info.status(), Code::not_found) && info->version == 0) wrong(key, "version 0");
}

void Worker::scan() {
    ScanOptions options;
    options.prefix = "shared ";
    options.from = cursor_;
    unsigned left = 50;
    const auto cursor = cache_.for_each(options, [&](const RecordView& record) {
        check_value(std::string(record.key), record.value);
        return --left != 0;
    });
    if (!expect("for_each", "", cursor.status())) return;
    cursor_ = cursor->done ? Cursor() : *cursor;
}

void Worker::set() {
    const auto key = shared_key();
    make_value(key);
    WriteOptions options;
    options.flags = identity_;
    expect("set", key, cache_.set(key, value_, options));
}

void Worker::add() {
    const auto key = shared_key();
    make_value(key);
    expect("add", key, cache_.add(key, value_), Code::exists);
}

void Worker::replace() {
    const auto key = shared_key();
    make_value(key);
    expect("replace", key, cache_.replace(key, value_), Code::not_found);
}

void Worker::swap() {
    const auto key = shared_key();
    RecordInfo info;
    if (!expect("get", key, cache_.get(key, scratch_, &info), Code::not_found)) return;
    check_value(key, scratch_);
    make_value(key);
    const Status status = cache_.compare_and_swap(key, value_, info.version);
    expect("compare_and_swap", key, status, Code::version_mismatch, Code::not_found);
}

void Worker::remove() {
    const auto key = shared_key();
    expect("remove", key, cache_.remove(key), Code::not_found);
}

void Worker::touch() {
    const auto key = shared_key();
    const auto ttl = random_.chance(80) ? Ttl::never() : Ttl::after(std::chrono::milliseconds(random_.below(50)));
    if (random_.chance(50)) {
        expect("touch", key, cache_.touch(key, ttl), Code::not_found);
    } else if (expect("get_and_touch", key, cache_.get_and_touch(key, ttl, scratch_), Code::not_found)) {
        check_value(key, scratch_);
    }
}

void Worker::count() {
    const std::size_t number = random_.below(kSharedCounters);
    const auto key = counter_key(number);
    const auto delta = static_cast<std::int64_t>(1 + random_.below(9));
    line_.counts_begun[number].fetch_add(delta);
    const auto sum = cache_.increment(key, delta);
    if (expect("increment", key, sum.status())) {
        line_.counts_done[number].fetch_add(delta);
    } else {
        line_.counts_begun[number].fetch_sub(delta);
    }
}

void Worker::log() {
    const auto key = "log " + std::to_string(random_.below(4));
    const std::uint64_t number = ++log_sequence_;
    const auto piece = std::to_string(identity_) + ":" + std::to_string(number) + ";";
    for (;;) {
        const Status appended = cache_.append(key, piece);
        if (appended.code() == Code::too_large) {
            expect("remove", key, cache_.remove(key), Code::not_found);
            continue;
        }
        if (expect("append", key, appended, Code::not_found) || appended.code() == Code::busy) break;
        const Status added = cache_.add(key, piece);
        if (expect("add", key, added, Code::exists) || added.code() == Code::busy) break;
    }
    if (random_.below(200) == 0) expect("remove", key, cache_.remove(key), Code::not_found);
}

void Worker::read_log() {
    const auto key = "log " + std::to_string(random_.below(4));
    if (!expect("get", key, cache_.get(key, scratch_), Code::not_found)) return;
    std::unordered_map<std::uint64_t, std::uint64_t> last;
    const char* at = scratch_.c_str();
    const char* const end = at + scratch_.size();
    while (at < end) {
        char* stop = nullptr;
        const std::uint64_t writer = std::strtoull(at, &stop, 10);
        if (*stop != ':') wrong(key, "a torn log");
        const std::uint64_t number = std::strtoull(stop + 1, &stop, 10);
        if (*stop != ';') wrong(key, "a torn log");
        if (number <= last[writer]) wrong(key, "writer " + std::to_string(writer) + " appended in another order");
        last[writer] = number;
        at = stop + 1;
    }
}

void Worker::recover_own(std::size_t number) {
    const std::uint64_t done = line_.done[number].load();
    const std::uint64_t begun = line_.begun[number].load();
    if (own_is(cache_, options_.number, number, begun, options_.evicting)) {
        line_.done[number].store(begun);
        return;
    }
    if (own_is(cache_, options_.number, number, done, options_.evicting)) {
        line_.begun[number].store(done);
        return;
    }
    const auto key = own_key(options_.number, number);
    wrong(key, "neither old nor new after a kill: " + own_state(cache_, key, begun, done));
}

void Worker::check_own(std::size_t number) {
    const std::uint64_t done = line_.done[number].load();
    if (own_is(cache_, options_.number, number, done, options_.evicting)) return;
    const auto key = own_key(options_.number, number);
    wrong(key, own_state(cache_, key, line_.begun[number].load(), done));
}

void Worker::read_own() { check_own(random_.below(kPrivateKeys)); }

void Worker::change_own() {
    const std::size_t number = random_.below(kPrivateKeys);
    const auto key = own_key(options_.number, number);
    const std::uint64_t sequence = line_.done[number].load() + 1;
    line_.begun[number].store(sequence);
    Status status;
    if (own_present(sequence)) {
        own_value(key, options_.number, sequence, value_);
        status = cache_.set(key, value_);
    } else {
        status = cache_.remove(key);
        if (status.code() == Code::not_found && options_.evicting) status = Status();
    }
    const bool changed = expect(own_present(sequence) ? "set" : "remove", key, status);
    // What failed has left the old value.
    (changed ? line_.done : line_.begun)[number].store(changed ? sequence : sequence - 1);
    if (random_.chance(50)) check_own(number);
}

void Worker::check_end(const Cache& cache, const Journal& journal, std::uint32_t workers, bool evicting) {
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
        const auto& line = journal.line(worker);
        for (std::size_t number = 0; number < kPrivateKeys; ++number) {
            const auto done = line.done[number].load();
            const auto begun = line.begun[number].load();
            if (own_is(cache, worker, number, done, evicting) || own_is(cache, worker, number, begun, evicting)) continue;
            const auto key = own_key(worker, number);
            wrong(key, "at the end: " + own_state(cache, key, begun, done));
        }
    }
    if (evicting) return;
    for (std::size_t number = 0; number < kSharedCounters; ++number) {
        std::int64_t done = 0;
        std::int64_t begun = 0;
        for (std::uint32_t worker = 0; worker < workers; ++worker) {
            done += journal.line(worker).counts_done[number].load();
            begun += journal.line(worker).counts_begun[number].load();
        }
        const auto text = cache.get(counter_key(number));
        if (!text.ok()) wrong(counter_key(number), "get: " + text.status().message());
        const std::int64_t count = std::strtoll(text->c_str(), nullptr, 10);
        if (count >= done && count <= begun) continue;
        wrong(counter_key(number), "is " + *text + ", not from " + std::to_string(done) + " to " + std::to_string(begun));
    }
}

}  // namespace larder::tests
