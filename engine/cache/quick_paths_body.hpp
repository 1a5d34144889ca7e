// The code behind QuickPaths, for the instruction set that the including source is compiled for.
#pragma once

#include "engine/cache/attachment.hpp"
#include "engine/cache/quick_paths.hpp"
#include "engine/cache/quick_read.hpp"
#include "engine/cache/writer.hpp"

#include <algorithm>
#include <array>

namespace larder::cache::quick {

inline namespace LARDER_ISA {

inline bool is_key(std::string_view key) noexcept { return key.size() - 1 < format::kMaxKeyBytes; }

// Flattened: a call saves and restores registers for about as long as the step it is made for takes.
[[gnu::flatten]] inline Status get(const Core& core, std::string_view key, std::string& value, RecordInfo* info) {
    if (!is_key(key)) [[unlikely]]
        return check_key(key);
    if (info != nullptr) core.note_version_seen();
    const Code code = read(core, find_home(core, core.hash(key)), key, StringSink(value), info, true);
    if (core.loss_guard.has_lost()) [[unlikely]]
        return lost_file(core);
    return to_status(code);
}

inline Code get_prepared(const Core& core, const Prepared& prepared, std::string_view key, Lookup& answer, bool versions) {
    if (!is_key(key)) [[unlikely]] {
        answer.status = check_key(key);
        return answer.status.code();
    }
    const Code code = read_uncounted(core, prepared.home, prepared.slot, key, StringSink(answer.value), &answer.info, true);
    if (!versions) answer.info.version = 0;
    answer.status = code;
    return code;
}

// Each step for all keys of a group, so that their cache misses overlap.
[[gnu::flatten]] inline std::size_t get_many(const Core& core, std::span<const std::string_view> keys, std::span<Lookup> answers,
                                             bool versions) {
    std::size_t hits = 0;
    std::size_t asked = 0;
    std::array<Prepared, kBatchGroup> group;  // NOLINT(cppcoreguidelines-pro-type-member-init): each is set before it is used
    for (std::size_t begin = 0; begin < keys.size(); begin += kBatchGroup) {
        const std::size_t count = std::min(kBatchGroup, keys.size() - begin);
        prepare(core, keys.subspan(begin, count), group);
        for (std::size_t i = 0; i < count; ++i) {
            hits += get_prepared(core, group[i], keys[begin + i], answers[begin + i], versions) == Code::ok;
            asked += is_key(keys[begin + i]);
        }
    }
    core.count(Count::hits, hits);
    core.count(Count::misses, asked - hits);
    return hits;
}

inline constexpr QuickPaths kPaths{get, get_many};

}  // namespace LARDER_ISA

}  // namespace larder::cache::quick
