// Lines whose columns stand under one another.
#pragma once

#include <string>
#include <vector>

namespace larder::tools {

class Table {
  public:
    /// Empty cells at the end are left out.
    void row(std::vector<std::string> cells) {
        while (!cells.empty() && cells.back().empty()) cells.pop_back();
        rows_.push_back(std::move(cells));
    }
    /// Columns two spaces apart; nothing behind the last cell of a line.
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace larder::tools
