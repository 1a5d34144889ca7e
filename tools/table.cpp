#include "table.hpp"

#include <algorithm>
#include <cstddef>

namespace larder::tools {
namespace {

/// Characters, not bytes: names of processes may be UTF-8.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string Table::text() const {
    std::vector<std::size_t> widths;
    for (const auto& cells : rows_) {
        widths.resize(std::max(widths.size(), cells.size()));
        // What has nothing behind it may be as long as it likes.
        for (std::size_t i = 0; i + 1 < cells.size(); ++i) widths[i] = std::max(widths[i], width(cells[i]));
    }
    std::string text;
    for (const auto& cells : rows_) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            text += cells[i];
            if (i + 1 < cells.size()) text.append(widths[i] - width(cells[i]) + 2, ' ');
        }
        text += '\n';
    }
    return text;
}

}  // namespace larder::tools
