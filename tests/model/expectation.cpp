#include "tests/model/expectation.hpp"

#include "tests/support/check.hpp"

namespace larder::tests {

namespace {

std::string shown(const std::string& key) {
    return "key of " + std::to_string(key.size()) + " bytes [" + key.substr(0, 20) + "]: ";
}

}  // namespace

Expected* Expectation::settle(const std::string& key, bool present, const Window& window) {
    const auto found = known_.find(key);
    if (present) {
        if (found == known_.end()) FAIL(shown(key) << "present, but it was removed, or lost before, or never stored");
        const Expected& record = found->second;
        if (record.expires() && window.before > record.expires_latest) {
            FAIL(shown(key) << "present " << window.before - record.expires_latest << " ms after its expiry");
        }
        return &found->second;
    }
    if (found == known_.end()) return nullptr;
    const bool may_have_expired = found->second.expires() && window.after >= found->second.expires_earliest;
    known_.erase(found);
    if (may_have_expired) return nullptr;
    ++lost_;
    const auto evictions = evictions_();
    if (lost_ > evictions) FAIL(shown(key) << "absent; " << lost_ << " were lost, but only " << evictions << " evicted");
    return nullptr;
}

void Expectation::compare(const std::string& key, Expected& expected, std::string_view value, const RecordInfo& info) {
    if (value != expected.value) {
        std::size_t at = 0;
        while (at < value.size() && at < expected.value.size() && value[at] == expected.value[at]) ++at;
        FAIL(shown(key) << "wrong value: " << value.size() << " bytes, not " << expected.value.size()
                        << "; they differ from byte " << at);
    }
    compare(key, expected, info);
}

void Expectation::compare(const std::string& key, Expected& expected, const RecordInfo& info) {
    if (info.value_size != expected.value.size()) FAIL(shown(key) << "value_size " << info.value_size);
    if (info.flags != expected.flags) FAIL(shown(key) << "flags " << info.flags << ", not " << expected.flags);
    if (info.expires_at_ms < expected.expires_earliest || info.expires_at_ms > expected.expires_latest) {
        FAIL(shown(key) << "expires at " << info.expires_at_ms << ", not from " << expected.expires_earliest << " to "
                        << expected.expires_latest);
    }
    if (expected.version == 0) {
        require_new_version(key, info.version);
        expected.version = info.version;
    }
    if (info.version != expected.version) FAIL(shown(key) << "version " << info.version << ", not " << expected.version);
    expected.expires_earliest = info.expires_at_ms;
    expected.expires_latest = info.expires_at_ms;
}

Expected& Expectation::store(const std::string& key, Expected record) {
    if (record.version != 0) require_new_version(key, record.version);
    return known_[key] = std::move(record);
}

const Expected* Expectation::find(const std::string& key) const {
    const auto found = known_.find(key);
    return found == known_.end() ? nullptr : &found->second;
}

void Expectation::require_new_version(const std::string& key, std::uint64_t version) {
    if (version == 0) FAIL(shown(key) << "version 0");
    if (!versions_.insert(mix(std::hash<std::string>()(key) ^ mix(version))).second) {
        FAIL(shown(key) << "version " << version << " was used before");
    }
}

}  // namespace larder::tests
