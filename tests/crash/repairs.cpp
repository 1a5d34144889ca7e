// Caches that are damaged, and repaired by whoever is killed.
#include "engine/format/geometry.hpp"
#include "engine/format/segment_entry.hpp"
#include "engine/format/shard.hpp"
#include "engine/format/slot.hpp"
#include "tests/crash/operation.hpp"

#include <larder/mapped_file.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace larder::tests {
namespace {

// The file's bytes, and where things are in it.
struct Damaged {
    MappedFile file;
    MappedView view;
    format::Geometry geometry;

    Damaged(const Options& options, const std::string& path) {
        auto planned = format::plan_geometry(
            {options.capacity, options.reservation, options.shards, options.segment_size, options.max_processes});
        auto opened = MappedFile::open(path);
        if (!planned.ok() || !opened.ok()) throw std::runtime_error("cannot damage " + path);
        geometry = *planned;
        file = std::move(*opened);
        view = std::move(*file.view());
    }
    template <class T>
    T& at(std::uint64_t offset) {
        return *reinterpret_cast<T*>(view.data() + offset);
    }
    void spoil(const std::string& value) {
        const std::string_view all(reinterpret_cast<const char*>(view.data()), view.size());
        const auto place = all.find(value.substr(0, 50), geometry.segments_begin);
        if (place == std::string_view::npos) throw std::runtime_error("not in the file: " + value.substr(0, 10));
        at<char>(place + 30) ^= 1;
    }
    // The last buckets of each shard are not counted any more, or more than there are.
    void miscount_buckets(std::int32_t difference) {
        for (std::uint32_t id = 0; id < geometry.shard_count; ++id) {
            auto& word = at<std::atomic<std::uint64_t>>(geometry.shard_at(id));
            auto directory = format::unpack_directory(word.load());
            directory.buckets += static_cast<std::uint32_t>(difference);
            word.store(format::pack_directory(directory));
        }
    }
};

const std::vector<std::string> kSpoiled{"k5", "k60", "k61", "k130", "big"};

void spoil_records(const Options& options, const std::string& path, const std::map<std::string, std::string>& contents) {
    Damaged damaged(options, path);
    for (const std::string& key : kSpoiled) damaged.spoil(contents.at(key));
}

void spoil_accounts(const Options& options, const std::string& path) {
    Damaged damaged(options, path);
    const format::Geometry& g = damaged.geometry;
    for (std::uint32_t i = 0; i < 4; ++i) {
        auto& entry = damaged.at<format::SegmentEntry>(g.segment_entry_at(i));
        entry.live_bytes.store(8 * i);
        entry.write_offset.store(24 * i);
    }
    damaged.at<format::SegmentEntry>(g.segment_entry_at(1)).state.store(0);
    damaged.at<format::ShardHeader>(g.shard_at(0)).records.store(7);
}

void repair(Cache& cache) {
    if (const auto repaired = cache.repair(); !repaired.ok()) throw std::runtime_error(repaired.status().message());
}

Operation repair_of(const char* name, const char* like, std::function<void(const Options&, const std::string&)> damage) {
    Operation made = operation(like);
    made.name = name;
    made.run = repair;
    made.changes.clear();
    made.evicts = true;
    made.damage = std::move(damage);
    return made;
}

}  // namespace

const std::vector<Operation>& repairs() {
    static const std::vector<Operation> all = [] {
        std::vector<Operation> made;
        Operation records = repair_of("repair of records", "set", nullptr);
        records.evicts = false;
        for (const std::string& key : kSpoiled) records.changes[key] = kAbsent;
        auto contents = std::make_shared<std::map<std::string, std::string>>();
        records.prepare = [contents, prepare = records.prepare](Cache& cache) { return *contents = prepare(cache); };
        records.damage = [contents](const Options& options, const std::string& path) { spoil_records(options, path, *contents); };
        made.push_back(std::move(records));
        made.push_back(repair_of("repair of accounts", "evictions", spoil_accounts));
        for (const auto& [name, difference] : {std::pair{"repair of a directory that counts too few", -7},
                                               std::pair{"repair of a directory that counts too many", 7}}) {
            made.push_back(repair_of(name, "splits", [difference = difference](const Options& options, const std::string& path) {
                Damaged(options, path).miscount_buckets(difference);
            }));
        }
        return made;
    }();
    return all;
}

}  // namespace larder::tests
