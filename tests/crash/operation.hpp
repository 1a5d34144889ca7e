// The operations that processes are killed in: what was there before, and what may be found after.
#pragma once

#include <larder/cache.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace larder::tests {

/// What each key may read as; an absent one reads as kAbsent.
using Answers = std::map<std::string, std::set<std::string>>;
inline const std::string kAbsent = "<absent>";

struct Operation {
    std::string name;
    Options options;
    /// Fills a new cache; returns what it holds.
    std::function<std::map<std::string, std::string>(Cache&)> prepare;
    /// What is done to it, by whoever is killed.
    std::function<void(Cache&)> run;
    /// What the keys it changes become; kAbsent for removed.
    std::map<std::string, std::string> changes;
    /// Any key may go.
    bool evicts = false;
    /// What is done to the file before anybody attaches: then what is damaged is an error to read, and only repair() makes
    /// all well.
    std::function<void(const Options&, const std::string& path)> damage = nullptr;
};

/// All operations that write to a cache.
const std::vector<Operation>& operations();
/// repair() on caches that are damaged in several ways.
const std::vector<Operation>& repairs();
/// The operation of that name.
const Operation& operation(const std::string& name);
/// Each key's old value, its new one if it has one, and kAbsent where that may be.
Answers answers_during(const Operation& operation, const std::map<std::string, std::string>& before);
/// The value that the operations store under a key.
std::string value_for(const std::string& key, std::size_t size);

}  // namespace larder::tests
