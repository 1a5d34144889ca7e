#include "replay/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

namespace larder::tools::replay {
namespace {

constexpr double kWidth = 820;
constexpr double kHeight = 480;
constexpr double kLeft = 64;
constexpr double kRight = 170;
constexpr double kTop = 48;
constexpr double kBottom = 52;
constexpr double kLegendLine = 20;
// Okabe and Ito: told apart by eyes of any colour vision.
constexpr std::array<const char*, 8> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                              "#e69f00", "#56b4e9", "#000000", "#999933"};
constexpr std::array<const char*, 3> kDashes{"", "6 3", "2 3"};

std::string text_of(const char* format, double a, double b = 0, double c = 0, double d = 0) {
    std::array<char, 256> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, a, b, c, d);
    return buffer.data();
}

std::string escaped(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            default:
                safe += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return safe;
}

std::string label(const char* attributes, double x, double y, const std::string& text) {
    return text_of("<text x=\"%.1f\" y=\"%.1f\" ", x, y) + attributes + ">" + escaped(text) + "</text>\n";
}

std::string capacity_text(std::uint64_t capacity) {
    constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(capacity);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
    return text_of("%.3g ", value) + units[unit];
}

/// Turns capacities and ratios into places on the drawing.
class Axes {
  public:
    explicit Axes(const std::vector<Series>& all) {
        for (const Series& series : all) {
            for (const Series::Point& point : series.points) {
                capacities_.insert(point.capacity);
                low_ = std::min(low_, point.miss_ratio);
                high_ = std::max(high_, point.miss_ratio);
            }
        }
        low_ = std::max(0.0, std::floor(low_ * 20 - 0.2) / 20);
        high_ = std::min(1.0, std::ceil(high_ * 20 + 0.2) / 20);
    }

    double x(std::uint64_t capacity) const {
        const double first = std::log2(static_cast<double>(*capacities_.begin()));
        const double last = std::log2(static_cast<double>(*capacities_.rbegin()));
        const double width = kWidth - kLeft - kRight;
        if (last <= first) return kLeft + width / 2;
        return kLeft + width * (std::log2(static_cast<double>(capacity)) - first) / (last - first);
    }
    double y(double ratio) const { return kTop + (kHeight - kTop - kBottom) * (high_ - ratio) / (high_ - low_); }

    std::string drawing() const {
        std::string svg;
        const double step = high_ - low_ > 0.5 ? 0.1 : (high_ - low_ > 0.2 ? 0.05 : 0.01);
        for (int i = 0; low_ + i * step <= high_ + 1e-9; ++i) {
            const double ratio = low_ + i * step;
            svg += text_of("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", kLeft, kWidth - kRight,
                           y(ratio), y(ratio));
            svg += label("text-anchor=\"end\"", kLeft - 8, y(ratio) + 4, text_of("%.2f", ratio));
        }
        for (const std::uint64_t capacity : capacities_) {
            svg += label("text-anchor=\"middle\"", x(capacity), kHeight - kBottom + 18, capacity_text(capacity));
        }
        svg += label("text-anchor=\"middle\"", (kLeft + kWidth - kRight) / 2, kHeight - 12, "capacity");
        return svg + label("", 12, kTop - 12, "miss ratio");
    }

  private:
    std::set<std::uint64_t> capacities_;
    double low_ = 1;
    double high_ = 0;
};

std::string draw_series(const Axes& axes, const Series& series, std::size_t number) {
    const std::string stroke = std::string(" stroke=\"") + kColours[number % kColours.size()] + "\" stroke-width=\"" +
                               (series.prominent ? "3" : "1.5") + "\" stroke-dasharray=\"" +
                               kDashes[number / kColours.size() % kDashes.size()] + "\" fill=\"none\"/>\n";
    std::string svg = "<polyline points=\"";
    for (const Series::Point& point : series.points)
        svg += text_of("%.1f,%.1f ", axes.x(point.capacity), axes.y(point.miss_ratio));
    svg += "\"" + stroke;
    for (const Series::Point& point : series.points) {
        svg += text_of("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"", axes.x(point.capacity), axes.y(point.miss_ratio)) + stroke;
    }
    const double x = kWidth - kRight + 16;
    const double y = kTop + kLegendLine * static_cast<double>(number);
    svg += text_of("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"", x, x + 26, y, y) + stroke;
    return svg + label("", x + 34, y + 4, series.name);
}

}  // namespace

std::string draw_chart(const std::string& title, const std::vector<Series>& all) {
    const Axes axes(all);
    const double height = std::max(kHeight, kTop + kLegendLine * static_cast<double>(all.size() + 1));
    std::string svg =
        text_of("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" ", kWidth,
                height, kWidth, height) +
        "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    svg += label("font-size=\"15\" font-weight=\"bold\"", kLeft, 24, title);
    svg += axes.drawing();
    for (std::size_t i = all.size(); i-- > 0;) svg += draw_series(axes, all[i], i);
    return svg + "</svg>\n";
}

}  // namespace larder::tools::replay
