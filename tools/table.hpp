// Lines whose columns stand under one another.
#pragma once

#include <string>
#include <vector>

namespace larder::tools {

class Table {
  public:
    void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    /// Columns two spaces apart; nothing behind the last cell of a line.
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace larder::tools
