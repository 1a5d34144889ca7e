#include "literal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace larder::tools {
namespace {

constexpr char kMark = '\x01';

bool needs_mark(std::string_view word) noexcept {
    return !word.empty() && (word.front() == '[' || word.front() == kMark || word == "++");
}

}  // namespace

std::vector<std::string> marked(int argc, const char* const* argv) {
    std::vector<std::string> words;
    bool literal = false;
    for (int i = 0; i < argc; ++i) {
        std::string word = argv[i];
        // The parser forgets a -- that stands behind the first of several keys, so it is not left to it.
        if (!literal && word == "--") {
            literal = true;
            continue;
        }
        if (needs_mark(word) || (literal && word.starts_with('-'))) word.insert(word.begin(), kMark);
        words.push_back(std::move(word));
    }
    return words;
}

void take_literally(CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
        if (option->get_items_expected_max() == 0) continue;  // a flag
        option->transform([](const std::string& word) { return word.starts_with(kMark) ? word.substr(1) : word; });
    }
}

std::string without_marks(std::string text) {
    std::erase(text, kMark);
    return text;
}

}  // namespace larder::tools
