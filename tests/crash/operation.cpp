#include "tests/crash/operation.hpp"

#include "tests/support/colliding_keys.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sizes.hpp"

#include <algorithm>
#include <stdexcept>

namespace larder::tests {
namespace {

using Contents = std::map<std::string, std::string>;

Options geometry(std::uint32_t shards, std::uint64_t capacity = kMiB) {
    Options options;
    options.capacity = capacity;
    options.reservation = 4 * kMiB;
    options.segment_size = 32U << 10U;
    options.shards = shards;
    options.max_processes = 16;
    options.flush_on_close = false;
    options.hash_seed = mix(seed());
    return options;
}

void store(Cache& cache, const std::string& key, const std::string& value) {
    const Status status = cache.set(key, value);
    if (!status.ok()) throw std::runtime_error("set of " + key + ": " + status.message());
}

std::string key_of(const char* kind, int number) { return kind + std::to_string(number); }

std::size_t size_of(int number) { return 20 + static_cast<std::size_t>(number) * 37 % 700; }

Contents fill(Cache& cache, int records, std::size_t size) {
    Contents contents;
    for (int i = 0; i < records; ++i) {
        const std::string key = key_of("k", i);
        contents[key] = value_for(key, size != 0 ? size : size_of(i));
        store(cache, key, contents[key]);
    }
    return contents;
}

Contents few(Cache& cache) {
    Contents contents = fill(cache, 200, 0);
    contents["counter"] = "41";
    contents["big"] = value_for("big before", 60'000);
    store(cache, "counter", contents["counter"]);
    store(cache, "big", contents["big"]);
    return contents;
}

// So many that some have been evicted, some of them read often enough to be kept.
Contents full(Cache& cache) {
    Contents contents = fill(cache, 4000, 0);
    std::string value;
    for (int round = 0; round < 3; ++round) {
        for (int i = 3000; i < 4000; i += 3) (void)cache.get(key_of("k", i), value);
    }
    for (int i = 0; i < 4; ++i) {
        const std::string key = key_of("large", i);
        contents[key] = value_for(key, 50'000);
        store(cache, key, contents[key]);
        for (int round = 0; round < 3; ++round) (void)cache.get(key, value);
    }
    for (auto it = contents.begin(); it != contents.end();)
        it = cache.contains(it->first).ok() ? std::next(it) : contents.erase(it);
    return contents;
}

Contents crowded(Cache& cache) { return fill(cache, 400, 20); }

// As many as there is room for, so that the index is large and its chains are long; then most of them are gone.
Contents thinned(Cache& cache) {
    Contents contents = fill(cache, 6000, 20);
    for (int i = 0; i < 5800; ++i) {
        (void)cache.remove(key_of("k", i));
        contents.erase(key_of("k", i));
    }
    for (auto it = contents.begin(); it != contents.end();)
        it = cache.contains(it->first).ok() ? std::next(it) : contents.erase(it);
    return contents;
}

// Long chains, of which thin_out() removes what came with them.
Contents spread(Cache& cache) {
    Contents contents = fill(cache, 150, 20);
    for (int i = 0; i < 2500; ++i) {
        contents[key_of("more", i)] = "more";
        store(cache, key_of("more", i), "more");
    }
    return contents;
}

void thin_out(Cache& cache) {
    for (int i = 0; i < 2500; i += 2) (void)cache.remove(key_of("more", i));
}

std::map<std::string, std::string> gone() {
    std::map<std::string, std::string> keys;
    for (int i = 0; i < 2500; i += 2) keys[key_of("more", i)] = kAbsent;
    return keys;
}

// Sets `records` new keys.
Operation many_sets(const char* name, const Options& options, Contents (*prepare)(Cache&), int records, std::size_t size) {
    Operation operation{name, options, prepare, {}, {}, true};
    for (int i = 0; i < records; ++i) {
        const std::string key = key_of("new", i);
        operation.changes[key] = value_for(key, size != 0 ? size : size_of(i));
    }
    operation.run = [changes = operation.changes](Cache& cache) {
        for (const auto& [key, value] : changes) store(cache, key, value);
    };
    return operation;
}

Operation one_set(const char* name, const std::string& key, const std::string& value) {
    return {name, geometry(2), few, [key, value](Cache& cache) { store(cache, key, value); }, {{key, value}}, false};
}

// The words that the sets displace are settled in one of them, in a shard of its own. Of three keys with one tag the second's
// record is hidden by the first's for a while (displaced.hpp), and the third is set twice.
Operation displacing() {
    const Options options = geometry(1);
    const std::vector<std::string> twins = colliding_keys(*options.hash_seed, 3);
    Operation operation{"displace", options, nullptr, nullptr, {{twins[0], "first"}, {twins[2], "third"}}, false};
    for (int i = 0; i < 8; ++i) operation.changes[key_of("k", i)] = value_for(key_of("anew ", i), 100);
    operation.prepare = [twins](Cache& cache) {
        Contents contents = few(cache);
        contents[twins[1]] = "second";
        store(cache, twins[1], "second");
        return contents;
    };
    operation.run = [twins, changes = operation.changes](Cache& cache) {
        for (const std::string& key : {twins[0], twins[2], twins[2]}) (void)cache.set(key, changes.at(key));
        for (int i = 0; i < 8; ++i) (void)cache.set(key_of("k", i), changes.at(key_of("k", i)));
    };
    return operation;
}

std::vector<Operation> small_operations() {
    std::vector<Operation> all;
    all.push_back(one_set("set", "fresh", value_for("fresh", 300)));
    all.push_back(one_set("overwrite", "k7", value_for("k7 anew", 310)));
    all.push_back(one_set("set in fragments", "huge", value_for("huge", 90'000)));
    all.push_back(one_set("overwrite in fragments", "big", value_for("big after", 70'000)));
    all.push_back(one_set("set with a long key", std::string(20'000, 'l'), value_for("long", 3000)));
    all.push_back({"remove", geometry(2), few, [](Cache& cache) { (void)cache.remove("k7"); }, {{"k7", kAbsent}}, false});
    all.push_back({"remove fragments", geometry(2), few, [](Cache& c) { (void)c.remove("big"); }, {{"big", kAbsent}}, false});
    all.push_back({"increment", geometry(2), few, [](Cache& c) { (void)c.increment("counter"); }, {{"counter", "42"}}, false});
    const std::string longer = value_for("k7", size_of(7)) + "suffix";
    all.push_back({"append", geometry(2), few, [](Cache& c) { (void)c.append("k7", "suffix"); }, {{"k7", longer}}, false});
    const auto touch = [](Cache& cache) { (void)cache.touch("k7", Ttl::after(std::chrono::hours(1))); };
    all.push_back({"touch", geometry(2), few, touch, {}, false});
    all.push_back(displacing());
    return all;
}

std::vector<Operation> large_operations() {
    std::vector<Operation> all;
    all.push_back(many_sets("splits", geometry(1), crowded, 120, 20));
    all.push_back(many_sets("evictions", geometry(2), full, 400, 0));
    all.push_back(many_sets("evictions for large values", geometry(2, 2 * kMiB), full, 12, 60'000));
    all.push_back(many_sets("shards that want each other's segments", geometry(4), full, 300, 0));
    all.push_back(many_sets("chains that overflow", geometry(1), crowded, 2500, 16));
    all.push_back({"clear", geometry(2), full, [](Cache& cache) { (void)cache.clear(); }, {}, true});
    all.push_back({"shrink", geometry(2, 3 * kMiB), full, [](Cache& cache) { (void)cache.resize(kMiB); }, {}, true});
    all.push_back({"thin out a large index", geometry(1), spread, thin_out, gone(), false});
    all.push_back({"shrink a large index", geometry(1), thinned, [](Cache& c) { (void)c.clear(); }, {}, true});
    all.push_back({"grow", geometry(2), full, [](Cache& cache) { (void)cache.resize(3 * kMiB); }, {}, false});
    all.push_back({"flush", geometry(2), few, [](Cache& cache) { (void)cache.flush(); }, {}, false});
    return all;
}

}  // namespace

std::string value_for(const std::string& key, std::size_t size) {
    std::string value = key + ":";
    std::uint64_t state = size;
    for (const char c : key) state = mix(state + static_cast<unsigned char>(c));
    Random random(state);
    while (value.size() < size) value += static_cast<char>('a' + random.below(26));
    return value;
}

const std::vector<Operation>& operations() {
    static const std::vector<Operation> all = [] {
        std::vector<Operation> made = small_operations();
        for (Operation& each : large_operations()) made.push_back(std::move(each));
        return made;
    }();
    return all;
}

const Operation& operation(const std::string& name) {
    const auto found = std::find_if(operations().begin(), operations().end(), [&](const Operation& o) { return o.name == name; });
    if (found == operations().end()) throw std::runtime_error("no operation " + name);
    return *found;
}

Answers answers_during(const Operation& operation, const std::map<std::string, std::string>& before) {
    Answers answers;
    for (const auto& [key, value] : before) answers[key].insert(value);
    for (const auto& [key, value] : operation.changes) {
        if (before.count(key) == 0) answers[key].insert(kAbsent);
        answers[key].insert(value);
    }
    if (operation.evicts) {
        for (auto& [key, values] : answers) values.insert(kAbsent);
    }
    return answers;
}

}  // namespace larder::tests
