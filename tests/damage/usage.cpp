#include "tests/damage/usage.hpp"

#include "tests/damage/image.hpp"
#include "tests/damage/watch.hpp"

#include <array>
#include <chrono>

namespace larder::tests {

void Usage::check(std::string_view key, std::string_view value) {
    ++counts_.values;
    if (was_stored(key, value) || !wrong_.empty()) return;
    wrong_ = "key " + std::string(key.substr(0, 50)) + " reads as " + std::to_string(value.size()) +
             " bytes that were never stored: " + std::string(value.substr(0, 30));
}

void Usage::open_and_use(const std::string& path, bool recovers, Random& random) {
    Options options;
    options.timeout = std::chrono::milliseconds(2);
    options.flush_on_close = random.chance(20);
    options.read_only = !recovers && random.chance(25);
    Fence fence;
    Result<Cache> cache = Cache::open(path, options);
    fence.close_below();
    if (!cache.ok()) {
        ++counts_.refused;
        if (cache.status().message().empty()) wrong_ = "refused without a reason";
        return;
    }
    ++counts_.taken;
    counts_.recovered += recovers ? 1U : 0U;
    read_all(*cache);
    dump(*cache, random);
    if (!options.read_only) {
        write_some(*cache, random, 30);
        // Enough to walk and to evict what is damaged.
        if (random.chance(15)) write_some(*cache, random, 600);
        if (random.chance(10)) (void)cache->resize((1U << 20U) + (random.below(4) << 18U));
        if (random.chance(50)) read_many(*cache);
        if (random.chance(5)) (void)cache->clear();
        if (random.chance(10)) (void)cache->flush();
    }
    (void)cache->verify();
    (void)cache->stats();
    (void)cache->close();
}

void Usage::read_all(const Cache& cache) {
    for (int number = 0; number < kStoredKeys; ++number) {
        const std::string key = stored_key(number);
        const Status status = cache.get(key, value_);
        if (status.ok()) check(key, value_);
        counts_.corrupt_reads += status.code() == Code::corrupt ? 1U : 0U;
        if (number % 8 == 0) (void)cache.info(key);
    }
}

void Usage::read_many(const Cache& cache) {
    std::array<std::string, 24> names;
    std::array<std::string_view, 24> keys;
    std::array<Lookup, 24> answers;
    for (int begin = 0; begin + 24 <= kStoredKeys; begin += 24) {
        for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = names[i] = stored_key(begin + static_cast<int>(i));
        (void)cache.get_many(keys, answers);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (answers[i].status.ok()) check(keys[i], answers[i].value);
        }
    }
}

void Usage::dump(const Cache& cache, Random& random) {
    ScanOptions options;
    options.keys_only = random.chance(10);
    if (random.chance(10)) options.prefix = "key 1";
    if (random.chance(10)) options.from.position = random.next() >> random.below(64);
    // A damaged index may lead to one record many times.
    int left = 2 * kStoredKeys;
    (void)cache.for_each(options, [&](const RecordView& record) {
        if (!options.keys_only) check(record.key, record.value);
        return --left > 0;
    });
}

void Usage::write_some(Cache& cache, Random& random, int steps) {
    for (int i = 0; i < steps; ++i) write_one(cache, random);
}

void Usage::write_one(Cache& cache, Random& random) {
    const int number = static_cast<int>(random.below(kStoredKeys));
    const std::string key = stored_key(number);
    const std::string& value = stored_value(number, static_cast<int>(random.below(2)));
    switch (random.below(13)) {
        case 0:
            return (void)cache.remove(key);
        case 1:
            return (void)cache.touch(key, Ttl::after(std::chrono::hours(2)));
        case 2:
            if (cache.get_and_touch(key, Ttl::never(), value_).ok()) check(key, value_);
            return;
        case 3:
            return (void)cache.add(key, value);
        case 4:
            return (void)cache.replace(key, value, {Ttl::after(std::chrono::hours(1)), 3});
        case 5: {
            const Result<RecordInfo> info = cache.info(key);
            return (void)cache.compare_and_swap(key, value, info.ok() ? info->version : 1);
        }
        case 6:
            // Its values are no numbers: an error, but for damage.
            return (void)cache.increment(key, 1, 1, {Ttl::after(std::chrono::milliseconds(0))});
        case 7:
            return (void)cache.append(key, {});
        default:
            return (void)cache.set(key, value);
    }
}

}  // namespace larder::tests
