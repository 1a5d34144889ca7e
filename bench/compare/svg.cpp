#include "compare/svg.hpp"

#include <fstream>
#include <stdexcept>

namespace larder::bench {

namespace {

std::string escaped(const std::string& words) {
    std::string out;
    for (const char c : words) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace

Svg::Svg(double width, double height) : width_(width), height_(height) { rectangle(0, 0, width, height, "#fff"); }

void Svg::rectangle(double x, double y, double width, double height, const std::string& fill) {
    body_ << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"" << width << "\" height=\"" << height << "\" fill=\"" << fill
          << "\"/>\n";
}

void Svg::line(double x1, double y1, double x2, double y2, const std::string& stroke, double width) {
    body_ << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" stroke=\"" << stroke
          << "\" stroke-width=\"" << width << "\"/>\n";
}

void Svg::text(double x, double y, const std::string& words, double size, Anchor anchor, const std::string& fill) {
    static constexpr const char* kAnchors[] = {"start", "middle", "end"};
    body_ << "<text x=\"" << x << "\" y=\"" << y << "\" font-size=\"" << size << "\" text-anchor=\""
          << kAnchors[static_cast<int>(anchor)] << "\" fill=\"" << fill << "\">" << escaped(words) << "</text>\n";
}

void Svg::write(const std::string& path) const {
    std::ofstream file(path);
    file << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width_ << " " << height_ << "\" width=\"" << width_
         << "\" height=\"" << height_ << "\" font-family=\"sans-serif\">\n"
         << body_.str() << "</svg>\n";
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace larder::bench
