// As much of SVG as bar charts need.
#pragma once

#include <sstream>
#include <string>

namespace larder::bench {

class Svg {
  public:
    enum class Anchor { start, middle, end };
    Svg(double width, double height);
    void rectangle(double x, double y, double width, double height, const std::string& fill);
    void line(double x1, double y1, double x2, double y2, const std::string& stroke, double width = 1);
    void text(double x, double y, const std::string& words, double size = 12, Anchor anchor = Anchor::start,
              const std::string& fill = "#222");
    /// Throws std::runtime_error if the file cannot be written.
    void write(const std::string& path) const;

  private:
    std::ostringstream body_;
    double width_;
    double height_;
};

}  // namespace larder::bench
