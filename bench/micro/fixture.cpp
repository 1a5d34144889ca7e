#include "micro/fixture.hpp"

#include "compare/dataset.hpp"
#include "compare/random.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>

namespace larder::bench {

namespace {

std::map<std::string, std::unique_ptr<FilledCache>>& caches() {
    static std::map<std::string, std::unique_ptr<FilledCache>> all;
    return all;
}

const std::string& folder() {
    static const std::string path = [] {
        std::string name = micro_settings().dir + "/larder-micro-" + std::to_string(getpid());
        if (mkdir(name.c_str(), 0700) != 0) {
            std::fprintf(stderr, "cannot make %s\n", name.c_str());
            std::exit(1);
        }
        return name;
    }();
    return path;
}

FilledCache& filled(const std::string& name, std::uint32_t records, std::uint32_t value_size) {
    static std::mutex mutex;  // threads of one benchmark begin together
    const std::lock_guard<std::mutex> lock(mutex);
    std::unique_ptr<FilledCache>& made = caches()[name];
    if (made != nullptr) return *made;
    made = std::make_unique<FilledCache>(FilledCache{scratch_path(name), records, value_size, Cache{}});
    Options options;
    options.capacity = std::uint64_t{records} * (value_size + 64U) * 5 / 4 + (std::uint64_t{16} << 20U);
    options.flush_on_close = false;
    auto created = Cache::create(made->path, options);
    require(created.status());
    made->cache = std::move(*created);
    const std::string value(value_size, 'v');
    for (std::uint32_t id = 0; id < records; ++id) require(made->cache.set(key_of(id), value));
    return *made;
}

}  // namespace

MicroSettings& micro_settings() {
    static MicroSettings settings;
    return settings;
}

void require(const Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "micro: %s\n", status.message().c_str());
    remove_caches();
    std::exit(1);
}

std::string key_of(std::uint64_t id) {
    std::string key(kKeySize, '\0');
    write_key(static_cast<std::uint32_t>(id), key.data());
    return key;
}

KeyOrder::KeyOrder(std::uint64_t first, std::uint64_t records, std::uint64_t seed) : KeyOrder() {
    Random random(seed);
    for (std::uint64_t i = 0; i < kCount; ++i) write(i, first + random.below(records));
}

KeyOrder KeyOrder::zipfian(std::uint32_t records, std::uint64_t seed) {
    KeyOrder order;
    Random random(seed);
    const Zipf zipf(records, 0.99);
    for (std::uint64_t i = 0; i < kCount; ++i) order.write(i, std::uint64_t{zipf.draw(random)} * 2654435761U % records);
    return order;
}

void KeyOrder::write(std::uint64_t i, std::uint64_t id) {
    write_key(static_cast<std::uint32_t>(id), bytes_.data() + i * kStride);
}

FilledCache& small_cache() { return filled("small", 1'000, 100); }
FilledCache& large_cache() { return filled("large", micro_settings().large_records, 100); }
FilledCache& wide_cache(std::uint32_t value_size) {
    constexpr std::uint32_t kBytes = 256U << 20U;
    return filled("wide-" + std::to_string(value_size), kBytes / value_size, value_size);
}

std::string scratch_path(const std::string& name) { return folder() + "/" + name; }

void remove_caches() {
    for (auto& [name, made] : caches()) {
        static_cast<void>(made->cache.close());
        unlink(made->path.c_str());
    }
    caches().clear();
    rmdir(folder().c_str());
}

}  // namespace larder::bench
